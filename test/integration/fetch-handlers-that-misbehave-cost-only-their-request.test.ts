import { expect, it } from 'vitest';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';

const FAILED = /: the handler failed$/;
const UNSENDABLE = /: the response of the handler cannot be sent$/;

it.each<[asked: string, logged: RegExp]>([
  ['/throws', FAILED],
  ['/rejects', FAILED],
  ['/rejects-late', FAILED],
  ['/throws-no-error', FAILED],
  ['/throws-nothing', FAILED],
  ['/returns-nothing', FAILED],
  ['/returns-text', FAILED],
  ['/returns-null', FAILED],
  ['/returns-a-request', FAILED],
  ['/returns-what-it-has-read', FAILED],
  ['/has-text-in-its-body', FAILED],
  ['/fails-in-its-body', FAILED],
  ['/returns-a-network-error', UNSENDABLE],
  ['/answers-101', UNSENDABLE],
  ['/never-ends-behind-a-bad-head', UNSENDABLE],
])('%s: 500, one line in the log, and the worker lives on', async (asked, line) => {
  const server = await start();
  const [worker] = server.workers();
  const answer = await request(server.address(), { path: asked });
  expect(answer.status).toBe(500);
  expect(answer.body.toString()).not.toContain('boom');
  await server.logged(line);
  await expectAlive(server, worker);
});

it.each<[asked: string, logged: RegExp]>([
  ['/fails-at-half', /: the handler failed after its head was sent/],
  ['/has-text-behind-half', /: the handler failed after its head was sent/],
  ['/announces-too-much', /: the response is short after its head was sent/],
])('%s: the connection is cut, and the worker lives on', async (asked, line) => {
  const server = await start();
  const [worker] = server.workers();
  const bytes = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: asked });
  const answer = await rawExchange(server.address(), bytes);
  expect(answer.ended).toBe('reset');
  expect(answer.bytes.toString()).toMatch(/\r\n\r\nhalf$/);
  await server.logged(line);
  await expectAlive(server, worker);
});

it('says that a Response can be sent once', async () => {
  const server = await start();
  expect((await request(server.address(), { path: '/same' })).body.toString()).toBe('whole');
  expect((await request(server.address(), { path: '/same' })).status).toBe(500);
  const line = await server.logged(FAILED);
  expect(JSON.stringify(line)).toContain('return a new Response for every request');
});

it('says what came instead of a Response', async () => {
  const server = await start();
  await request(server.address(), { path: '/returns-text' });
  const line = await server.logged(FAILED);
  expect(JSON.stringify(line)).toContain('expected fetch() to return a Response, got string');
});

function start(): Promise<RunningServer> {
  return startServer({
    handler: 'misbehaves-at-fetch.mjs',
    args: ['--max-workers', '1'],
    expectErrors: /GET \//,
  });
}

async function expectAlive(server: RunningServer, worker: number | undefined): Promise<void> {
  expect((await request(server.address(), { path: '/hello' })).body.toString()).toBe('hello');
  expect(server.workers()).toEqual([worker]);
  expect(server.log.filter(({ level }) => level === 'error')).toHaveLength(1);
}
