import { createServer } from 'node:net';
import path from 'node:path';
import fs from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { isAlive, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

it('shows the demo page to a browser, and Ctrl-C leaves nothing behind within two seconds', async () => {
  const socket = path.join(tempDir(), 'app.sock');
  const server = await startServer({ args: ['--socket', socket, '--http', '0'] });
  const url = /^open (\S+) in a browser$/.exec((await server.logged(/^open http/)).msg)?.[1] ?? '';
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(await page.text()).toMatch(/<td>GET<\/td>|REQUEST_METHOD/);
  const text = await fetch(`${url}?a=%3Cb%3E`, { headers: { accept: 'text/plain' } });
  expect(await text.text()).toContain('QUERY_STRING: a=%3Cb%3E');
  const pids = [...server.workers(), server.process.pid ?? 0];
  const startedAt = performance.now();
  server.process.kill('SIGINT');
  expect(await server.ended()).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(pids.some(isAlive)).toBe(false);
  expect(fs.existsSync(socket)).toBe(false);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

it('ends with 69 and one line when the port of the gateway is in use', async () => {
  const other = createServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve);
  });
  const { port } = other.address() as { port: number };
  const args = ['--port', '0', '--http', String(port)];
  const server = await startServer({ args, dontWait: true });
  expect(await server.ended()).toBe(69);
  expect(server.log.some(({ msg }) => msg.includes(String(port)) && msg.includes('in use'))).toBe(
    true,
  );
});

it('starts the gateway again when it dies', async () => {
  const server = await startServer({
    args: ['--port', '0', '--http', '0'],
    expectErrors: /development gateway/,
  });
  await server.logged(/^open http/);
  const gateway = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => isGatewayOf(pid, server.process.pid ?? 0));
  process.kill(Number(gateway), 'SIGKILL');
  await server.logged(/the development gateway was killed by SIGKILL; it is started again/);
  await waitFor(
    'the second',
    () => server.log.filter(({ msg }) => msg.startsWith('open ')).length === 2,
  );
});

function isGatewayOf(pid: string, parent: number): boolean {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return status.includes(`PPid:\t${parent}\n`) && command.includes('gateway');
  } catch {
    // It is gone.
    return false;
  }
}
