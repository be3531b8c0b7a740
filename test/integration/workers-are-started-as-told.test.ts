import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { posixUnavailable } from '../../src/posix/libc.ts';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const SHOW = `export const produce = (env, size, input, output) => output.end(
  'Content-Type: application/json\\r\\n\\r\\n' + JSON.stringify({ env: process.env, execArgv: process.execArgv, argv: process.argv }));`;

interface Shown {
  env: Record<string, string>;
  execArgv: string[];
  argv: string[];
}

async function show(args: string[]): Promise<Shown> {
  const handler = path.join(tempDir(), 'show.mjs');
  fs.writeFileSync(handler, SHOW);
  const server = await startServer({ handler, args, env: { FROM_OUTSIDE: 'yes' } });
  const { body } = await request(server.address());
  return JSON.parse(body.toString()) as Shown;
}

it('gives workers its own environment and --env on top', async () => {
  const { env, argv } = await show(['--env', 'A=1', '--env', 'B=x=y']);
  expect(env).toMatchObject({ FROM_OUTSIDE: 'yes', A: '1', B: 'x=y' });
  expect(argv.length).toBe(2);
});

it('does not start the handler as the main module', async () => {
  // A module that is run by `node` as well listens only then.
  const { argv } = await show([]);
  expect(argv[1]).toMatch(/entry\.cjs$/);
});

it('gives workers nothing but --env with --clear-env', async () => {
  const { env } = await show(['--clear-env', '--env', 'A=1']);
  expect(Object.keys(env).filter((name) => !name.startsWith('NODE_CHANNEL'))).toEqual(['A']);
});

it('gives the flags of --node-arg to the node of the workers', async () => {
  const { execArgv } = await show(['--node-arg', '--max-old-space-size=123']);
  expect(execArgv).toContain('--max-old-space-size=123');
});

it.skipIf(posixUnavailable() !== undefined)('gives workers no descriptor of its own', async () => {
  const secret = path.join(tempDir(), 'secret');
  // Node sees to those below by itself.
  const inside = ['bash', '-c', 'exec 200>>"$0"; exec "$@"', secret];
  const server = await startServer({ inside });
  const [worker] = server.workers();
  expect(linksOf(server.process.pid)).toContain(secret);
  expect(linksOf(worker)).not.toContain(secret);
});

/** What the descriptors of a process lead to. */
function linksOf(pid: number | undefined): string[] {
  return fs.readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
}

/** It may have been closed since. */
function linkOf(fd: string): string {
  try {
    return fs.readlinkSync(fd);
  } catch {
    return 'closed';
  }
}

it('never lets a request reach the environment of the process', async () => {
  const handler = path.join(tempDir(), 'show.mjs');
  fs.writeFileSync(handler, SHOW);
  const server = await startServer({ handler });
  const { body } = await request(server.address(), {
    env: { HTTP_PROXY: 'http://evil/', MINE: 'x' },
  });
  const { env } = JSON.parse(body.toString()) as Shown;
  expect([env['HTTP_PROXY'], env['MINE']]).toEqual([undefined, undefined]);
});

it.each([
  ['typescript.ts'],
  ['cjs-produce.cjs'],
  ['class-handler.mjs'],
  ['object-default.mjs'],
  ['function-default.mjs'],
])('serves the handler module %s', async (handler) => {
  const server = await startServer({ handler });
  expect((await request(server.address())).status).toBe(200);
  expect(await server.stop()).toBe(0);
  if (handler.startsWith('class')) {
    await server.logged(/handler started/);
    await server.logged(/handler stopped/);
  }
});

it('writes its process id to --pid-file and removes it at the end', async () => {
  const pidFile = path.join(tempDir(), 'server.pid');
  const server = await startServer({ args: ['--pid-file', pidFile] });
  expect(fs.readFileSync(pidFile, 'utf8').trim()).toBe(String(server.process.pid));
  expect(await server.stop()).toBe(0);
  expect(fs.existsSync(pidFile)).toBe(false);
});

it('answers 503 when all workers are busy for --queue-timeout', async () => {
  const args = ['--max-workers', '1', '--queue-timeout', '200ms'];
  const server = await startServer({ handler: 'kitchen.mjs', args });
  const busy = request(server.address(), { path: '/sleep?ms=1000' });
  const second = await request(server.address(), { path: '/hello' });
  expect([second.status, second.headers.get('retry-after')]).toEqual([503, ['1']]);
  expect((await busy).status).toBe(200);
  expect((await server.logged(/--queue-timeout/)).level).toBe('warn');
});

it('kills a worker that is stopped, and answers what it had been passed', async () => {
  const args = ['--max-workers', '2', '--min-workers', '2', '--queue-timeout', '500ms'];
  const server = await startServer({
    handler: 'kitchen.mjs',
    args,
    expectErrors: /queue-timeout|SIGKILL/,
  });
  await Promise.all([server.logged(/worker 0 .* is ready/), server.logged(/worker 1 .* is ready/)]);
  const [pid = 0] = server.workers();
  process.kill(pid, 'SIGSTOP');
  // Two at once: one of them is passed to the worker that is stopped.
  const asked = [1, 2].map(() => request(server.address(), { path: '/sleep?ms=300' }));
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
  await server.logged(/has not begun a connection within --queue-timeout \(500ms\): killed/);
});
