import { expect, it } from 'vitest';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';

const FAILED = /: the handler failed$/;
const LATE = /: the handler failed after the end of its response$/;
const UNSENDABLE = /: the response of the handler cannot be sent$/;

it.each<[asked: string, status: number, body: string, logged?: RegExp]>([
  ['/throws', 500, '', FAILED],
  ['/rejects', 500, '', FAILED],
  ['/throws-with-a-head', 500, '', FAILED],
  ['/writes-nothing-but-null', 500, '', FAILED],
  ['/throws-after-the-end', 200, 'whole', LATE],
  ['/rejects-long-after-the-end', 200, 'whole', LATE],
  ['/writes-after-the-end', 200, 'whole', LATE],
  ['/ends-twice-with-a-body', 200, 'whole', LATE],
  ['/sets-a-header-after-the-end', 200, 'whole', LATE],
  ['/ends-twice', 200, 'whole'],
  ['/destroys', 500, '', UNSENDABLE],
  ['/destroys-with-an-error', 500, '', UNSENDABLE],
  ['/destroys-the-socket', 500, '', UNSENDABLE],
  ['/answers-101', 500, '', UNSENDABLE],
])('%s: %i, one line in the log, and the worker lives on', async (asked, status, body, line) => {
  const server = await start();
  const [worker] = server.workers();
  const answer = await request(server.address(), { path: asked });
  expect(answer.status).toBe(status);
  if (status === 200) expect(answer.body.toString()).toBe(body);
  else expect(answer.body.toString()).not.toContain('boom');
  if (line !== undefined) await server.logged(line);
  await expectAlive(server, worker);
  const errors = server.log.filter(({ level }) => level === 'error');
  expect(errors.map(({ msg }) => msg)).toEqual(
    line === undefined ? [] : [expect.stringMatching(line) as string],
  );
});

it.each<[asked: string, logged: RegExp]>([
  ['/destroys-at-half', UNSENDABLE],
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

it('says where a listener has failed', async () => {
  const server = await start();
  await request(server.address(), { path: '/writes-after-the-end' });
  const { err } = await server.logged(LATE);
  expect(err).toMatchObject({
    code: 'ERR_STREAM_WRITE_AFTER_END',
    stack: expect.stringMatching(/misbehaves\.mjs:\d+/) as string,
  });
});

function start(): Promise<RunningServer> {
  return startServer({
    handler: 'misbehaves.mjs',
    args: ['--max-workers', '1'],
    expectErrors: /GET \//,
  });
}

async function expectAlive(server: RunningServer, worker: number | undefined): Promise<void> {
  expect((await request(server.address(), { path: '/hello' })).body.toString()).toBe('hello');
  expect(server.workers()).toEqual([worker]);
}
