import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';

it('answers 400 where a fetch handler cannot be asked, in one line of the log', async () => {
  const server = await startServer({ handler: 'contract/fetch.mjs' });
  const [worker] = server.workers();
  const answer = await request(server.address(), { method: 'get', path: '/hello' });
  expect(answer.status).toBe(400);
  const line = await server.logged(/answered 400/);
  expect(line).toMatchObject({ level: 'warn', worker: 0, request: expect.any(String) as string });
  expect(line.msg).toBe(
    'get /hello: answered 400, no Request can be made of it: "get" is no method of HTTP',
  );
  expect(server.log.filter(({ msg }) => msg.includes('/hello'))).toHaveLength(1);

  const env = { HTTP_HOST: 'a:99999' };
  expect((await request(server.address(), { path: '/hello?token=x', env })).status).toBe(400);
  await server.logged(/GET \/hello\?\.\.\.: answered 400.*http:\/\/a:99999\/hello\?\.\.\./);
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
  expect(server.workers()).toContain(worker);
});

it('refuses what the server refuses for every handler', async () => {
  const server = await startServer({ handler: 'contract/fetch.mjs' });
  for (const method of ['TRACE', 'TRACK', 'CONNECT']) {
    expect((await request(server.address(), { method, path: '/hello' })).status).toBe(405);
  }
});
