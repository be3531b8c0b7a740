import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const ARGS = ['--max-workers', '1', '--request-timeout', '300ms'];

it.each([
  ['listener', 'misbehaves.mjs'],
  ['fetch handler', 'misbehaves-at-fetch.mjs'],
])('answers 504 for a %s that never does, and its worker lives on', async (_kind, handler) => {
  const server = await startServer({ handler, args: ARGS });
  const [worker] = server.workers();
  const answer = await request(server.address(), { path: '/never-answers' });
  expect(answer.status).toBe(504);
  const line = await server.logged(
    /GET \/never-answers: it took longer than --request-timeout \(300ms\)$/,
  );
  expect(line).toMatchObject({ level: 'warn', status: 504 });
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
  expect(server.workers()).toEqual([worker]);
});

it('cuts a body that never ends, and its worker lives on', async () => {
  const server = await startServer({ handler: 'misbehaves-at-fetch.mjs', args: ARGS });
  const [worker] = server.workers();
  const bytes = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/never-ends' });
  const answer = await rawExchange(server.address(), bytes);
  expect(answer.ended).toBe('reset');
  await server.logged(/it took longer than --request-timeout \(300ms\) after its head was sent/);
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
  expect(server.workers()).toEqual([worker]);
});

it.each<[when: string, asked: string, ask: (address: PeerAddress) => Promise<void>]>([
  [
    'though its time is over',
    '/stuck',
    async (address) => expect((await request(address, { path: '/stuck' })).status).toBe(504),
  ],
  [
    'after its answer',
    '/stuck-after-its-answer',
    async (address) => {
      const { body } = await request(address, { path: '/stuck-after-its-answer' });
      expect(body.toString()).toBe('whole');
    },
  ],
  [
    'after its peer has gone',
    '/events',
    async (address) => {
      const socket = connect(address);
      socket.write(encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/events' }));
      await once(socket, 'data');
      socket.destroy();
    },
  ],
])('replaces a worker whose handler goes on for ever %s', async (_when, asked, ask) => {
  // Far longer than a test may wait: it is not waited for.
  const args = [...ARGS, '--graceful-timeout', '5m', '--access-log', 'all'];
  const server = await startServer({ handler: 'never-settles.mjs', args, expectErrors: /^GET / });
  const [worker = 0] = server.workers();
  await ask(server.address());
  const next = request(server.address(), { path: '/' });
  await server.logged(
    new RegExp(`GET ${asked} goes on though its --request-timeout \\(300ms\\) is over`),
  );
  expect((await next).status).toBe(200);
  expect(server.workers()).not.toContain(worker);
  const told = server.log.filter(({ msg, request: id }) => id && msg.startsWith(`GET ${asked}: `));
  expect(told).toHaveLength(1);
});

it('replaces a worker that has places left before it leaves', async () => {
  const args = [...ARGS, '--graceful-timeout', '5m', '--concurrency', '2'];
  const server = await startServer({ handler: 'never-settles.mjs', args, expectErrors: /^GET / });
  const [worker = 0] = server.workers();
  expect((await request(server.address(), { path: '/stuck' })).status).toBe(504);
  await server.logged(/^worker 0 is to be replaced: GET \/stuck goes on though its --request-/);
  await waitFor('the end of the stuck one', async () => {
    expect((await request(server.address(), { path: '/' })).status).toBe(200);
    return !server.workers().includes(worker);
  });
  await server.logged(/^worker 1 .* is ready/);
});
