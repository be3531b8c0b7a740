import fs from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { expect, it } from 'vitest';
import { encodeScgi, request } from '../helpers/scgi-peer.ts';
import { isAlive, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

it('kills a worker that is stuck in a loop, at SIGINT', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', expectErrors: /did not finish/ });
  const pids = server.workers();
  const socket = connect({ ...server.address(), allowHalfOpen: true }).on('error', () => {});
  socket.write(
    encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/busy', QUERY_STRING: 'ms=60000' }),
  );
  await waitFor('the loop', () => server.workers().length === 2);
  const startedAt = performance.now();
  server.process.kill('SIGINT');
  expect(await server.ended()).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(2_500);
  expect(pids.some(isAlive)).toBe(false);
  socket.destroy();
});

it('answers 503 to running and waiting requests at SIGINT', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', args: ['--max-workers', '1'] });
  const asked = [1, 2, 3].map(() => request(server.address(), { path: '/sleep?ms=30000' }));
  await server.logged(/worker 0 .* is ready/);
  const health = connect({ ...server.address() });
  await waitFor('the connections', () => health.readyState === 'open');
  health.destroy();
  server.process.kill('SIGINT');
  const answers = await Promise.all(asked);
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
  expect(answers.every(({ headers }) => headers.get('retry-after')?.[0] === '1')).toBe(true);
  expect(await server.ended()).toBe(0);
});

it('takes a second SIGTERM for a quick stop', async () => {
  const server = await startServer({ handler: 'kitchen.mjs' });
  const asked = request(server.address(), { path: '/sleep?ms=30000' });
  await waitFor('the request', () => server.workers().length === 2);
  server.process.kill('SIGTERM');
  await server.logged(/^graceful stop/);
  server.process.kill('SIGTERM');
  expect((await asked).status).toBe(503);
  expect(await server.ended()).toBe(0);
});

it('answers 503 to what is not finished within --graceful-timeout', async () => {
  const args = ['--graceful-timeout', '300ms', '--max-workers', '1'];
  const server = await startServer({ handler: 'kitchen.mjs', args });
  const asked = request(server.address(), { path: '/sleep?ms=60000' });
  await waitFor('the request', () => {
    process.kill(server.workers()[0] ?? 0, 'SIGUSR1');
    return server.log.some(({ msg }) => msg.startsWith('serving GET /sleep'));
  });
  server.process.kill('SIGTERM');
  expect((await asked).status).toBe(503);
  expect(await server.ended()).toBe(0);
});

it('answers 500 to an exception during a graceful stop, at once', async () => {
  const server = await startServer({
    handler: 'kitchen.mjs',
    args: ['--max-workers', '1'],
    expectErrors: /./,
  });
  const asked = request(server.address(), { path: '/uncaught?ms=500' });
  await waitFor('the request', () => {
    process.kill(server.workers()[0] ?? 0, 'SIGUSR1');
    return server.log.some(({ msg }) => msg.startsWith('serving GET /uncaught'));
  });
  server.process.kill('SIGTERM');
  expect((await asked).status).toBe(500);
  expect(await server.ended()).toBe(0);
});

it('ends in good order when SIGTERM comes while it starts', async () => {
  const socket = path.join(tempDir(), 'app.sock');
  const args = ['--socket', socket];
  const server = await startServer({ handler: 'kitchen.mjs', args, dontWait: true });
  await waitFor('the socket', () => fs.existsSync(socket));
  server.process.kill('SIGTERM');
  expect(await server.ended()).toBe(0);
  expect(fs.existsSync(socket)).toBe(false);
});

it('gives up a graceful stop after --graceful-timeout', async () => {
  const args = ['--graceful-timeout', '300ms'];
  const server = await startServer({
    handler: 'kitchen.mjs',
    args,
    expectErrors: /did not finish/,
  });
  const busy = { path: '/busy?ms=60000' };
  const asked = request(server.address(), busy).then(({ status }) => status, String);
  await waitFor('the loop', () => server.workers().length === 2);
  server.process.kill('SIGTERM');
  expect(await server.ended()).toBe(0);
  // By the master: the worker cannot.
  expect(await asked).toBe(503);
});
