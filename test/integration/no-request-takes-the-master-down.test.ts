import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { isAlive, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** Runs the query of the request as code: the worst that an application can do. */
const EVAL = `export const produce = async (env, size, input, output, context) => {
  const send = globalThis.process.send;
  await eval('(async () => {' + decodeURIComponent(env.QUERY_STRING) + '})()');
  output.end('Content-Type: text/plain\\r\\n\\r\\ndone');
};`;

async function startEval(args: string[] = []) {
  const handler = path.join(tempDir(), 'eval.mjs');
  fs.writeFileSync(handler, EVAL);
  return startServer({ handler, args, expectErrors: /./ });
}

it.each([
  ['process.send?.(null)'],
  ["process.send?.({ type: 'ready' })"],
  ["process.send?.({ type: 'log', data: 'x' })"],
  ["process._channel?.write?.('x')"],
  ['process.disconnect?.()'],
  ["context.log.info({ a: 1 }, 'msg')"],
  ["context.log.error(new Error('logged'))"],
  ['context.log.info(42)'],
  ['context.log.info(Symbol.iterator, Symbol.iterator)'],
  [
    "throw Object.defineProperty(new Error('x'), 'stack', { get() { throw new Error('hostile'); } })",
  ],
  ['throw null'],
  ["process.emit('disconnect')"],
])('survives a handler that does %s', async (code) => {
  const server = await startEval();
  await request(server.address(), { path: `/?${encodeURIComponent(code)}` }).catch(() => 'lost');
  await waitFor('an answer', async () => {
    const answer = await request(server.address(), { path: '/?' }).catch(() => undefined);
    return answer?.status === 200;
  });
  expect(server.process.exitCode).toBeNull();
  expect(isAlive(server.process.pid ?? 0)).toBe(true);
});

it('survives being out of descriptors when a worker has to be replaced', async () => {
  const server = await startServer({
    handler: 'kitchen.mjs',
    expectErrors: /./,
    args: ['--max-workers', '2', '--min-workers', '2'],
  });
  await Promise.all([server.logged(/worker 0 .* is ready/), server.logged(/worker 1 .* is ready/)]);
  const pid = server.process.pid ?? 0;
  const limit = (soft: number): unknown =>
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);
  // Below what is open already: nothing more can be opened.
  limit(5);
  process.kill(server.workers()[0] ?? 0, 'SIGKILL');
  await server.logged(/could not be started/);
  limit(1024);
  await waitFor('the pool to recover', () => server.workers().length === 2);
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
});

it('says why and exits with 78 when no worker can be started at all', async () => {
  const file = path.join(tempDir(), 'big.config.json');
  fs.writeFileSync(file, JSON.stringify({ env: { BIG: 'x'.repeat(300_000) } }));
  const server = await startServer({
    args: ['--config', file, '--port', '0'],
    dontWait: true,
    expectErrors: /./,
  });
  expect(await server.ended()).toBe(78);
  await server.logged(/a worker could not be started: .*E2BIG/);
});
