import { spawn } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { rawExchange, request } from '../helpers/scgi-peer.ts';
import { BIN, HANDLERS, startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

it('logs what a handler prints, in whole lines, with its worker', async () => {
  const server = await startServer({ handler: 'kitchen.mjs' });
  await request(server.address(), { path: '/print' });
  expect(await server.logged(/^printed to stdout 0$/)).toMatchObject({
    worker: 0,
    stream: 'stdout',
  });
  expect(await server.logged(/^printed to stderr 0$/)).toMatchObject({
    worker: 0,
    stream: 'stderr',
  });
});

it('logs what a handler logs, with its request', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', expectErrors: /logged at error/ });
  await request(server.address(), { path: '/log' });
  const line = await server.logged(/^logged at warn$/);
  expect(line).toMatchObject({
    level: 'warn',
    worker: 0,
    from: 'kitchen',
    request: expect.any(String) as string,
  });
  expect(server.log.some(({ msg }) => msg === 'logged at debug')).toBe(false);
});

it.each([
  ['plain HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /HTTP/],
  ['FastCGI', '\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00', /FastCGI/i],
  ['TLS', '\x16\x03\x01\x02\x00\x01', /TLS/i],
])('names %s on the SCGI port in one line, and goes on', async (_title, bytes, hint) => {
  const server = await startServer({ handler: 'kitchen.mjs' });
  const before = server.log.length;
  const answer = await rawExchange(server.address(), Buffer.from(bytes, 'latin1'));
  expect(answer.bytes.toString()).toMatch(/^Status: 400 /);
  const line = await server.logged(/this is no SCGI request/);
  expect(`${line.msg} ${String(line['hint'])}`).toMatch(hint);
  expect(line).toMatchObject({ level: 'warn', status: 400, peer: '127.0.0.1' });
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
  expect(server.log.length).toBe(before + 1);
});

it('writes a line for every request with --access-log all', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', args: ['--access-log', 'all'] });
  await request(server.address(), { path: '/hello' });
  expect(await server.logged(/^GET \/hello: answered$/)).toMatchObject({
    status: 200,
    out: 6,
    in: 0,
  });
});

it('writes text without time stamps when it is no terminal', async () => {
  const child = spawn(process.execPath, [BIN, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  await waitFor('the server', () => log.includes('is ready'));
  child.kill('SIGTERM');
  await waitFor('the end', () => child.exitCode !== null);
  expect(log.split('\n')[0]).toMatch(/^info {2}scgi-server starts: pid \d+/);
});

it('goes on serving when nobody reads its log any more', async () => {
  const args = [
    BIN,
    '--port',
    '0',
    '--log-format',
    'json',
    '--access-log',
    'all',
    `${HANDLERS}/kitchen.mjs`,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  const read = (text: string): void => {
    log += text;
  };
  child.stderr.setEncoding('utf8').on('data', read);
  await waitFor('the server', () => log.includes('is ready'));
  const port = Number(/listening on 127\.0\.0\.1:(\d+)/.exec(log)?.[1]);
  child.stderr.pause();
  // Far more than a pipe and the log's buffer hold.
  for (let i = 0; i < 30; i++) {
    const answer = await request({ port }, { path: '/print?lines=1000' });
    expect(answer.status).toBe(200);
  }
  child.stderr.resume();
  await waitFor('the notice', () => /\d+ log lines were dropped/.test(log));
  expect((await request({ port }, { path: '/hello' })).status).toBe(200);
  child.kill('SIGTERM');
  await waitFor('the end', () => child.exitCode !== null);
  for (const line of log.trim().split('\n'))
    expect(() => JSON.parse(line) as unknown).not.toThrow();
});
