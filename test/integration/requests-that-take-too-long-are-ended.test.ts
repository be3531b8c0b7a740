import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const ARGS = ['--max-workers', '1', '--request-timeout', '300ms'];

it('answers 504 for a listener that never does, and its worker lives on', async () => {
  const server = await startServer({ handler: 'misbehaves.mjs', args: ARGS });
  const [worker] = server.workers();
  const answer = await request(server.address(), { path: '/never-answers' });
  expect(answer.status).toBe(504);
  const line = await server.logged(/GET \/never-answers: it took longer than --request-timeout$/);
  expect(line).toMatchObject({ level: 'warn', status: 504 });
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
  expect(server.workers()).toEqual([worker]);
});

it('replaces a worker whose handler goes on for ever', async () => {
  const args = [...ARGS, '--graceful-timeout', '500ms'];
  const server = await startServer({ handler: 'never-settles.mjs', args });
  const [worker = 0] = server.workers();
  const answer = await request(server.address(), { path: '/stuck' });
  expect(answer.status).toBe(504);
  await server.logged(/GET \/stuck goes on though its --request-timeout is over/);
  await waitFor('another worker', () => {
    const [other] = server.workers();
    return other !== undefined && other !== worker;
  });
  expect((await request(server.address(), { path: '/' })).status).toBe(200);
});
