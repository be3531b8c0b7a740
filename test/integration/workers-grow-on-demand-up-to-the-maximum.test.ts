import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const sleep = (ms: number) => ({ path: `/sleep?ms=${ms}` });

it('runs four sleeping requests at once with --max-workers 4, and the fifth waits its turn', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', args: ['--max-workers', '4'] });
  const address = server.address();
  const startedAt = performance.now();
  const finished: number[] = [];
  const asked = Array.from({ length: 5 }, async () => {
    const { body } = await request(address, { ...sleep(2_000) });
    finished.push(performance.now() - startedAt);
    return /pid=(\d+)/.exec(body.toString())?.[1];
  });
  await waitFor('four workers', () => server.workers().length === 4);
  const pids = await Promise.all(asked);
  expect(server.workers().length).toBe(4);
  expect(new Set(pids).size).toBe(4);
  // The fifth began only when one of the others was finished.
  expect(finished[4]! - finished[0]!).toBeGreaterThan(1_800);
});

it('never runs two requests at once with --max-workers 1', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', args: ['--max-workers', '1'] });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 4 }, () => request(server.address(), sleep(150))));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(4 * 150);
  expect(server.workers().length).toBe(1);
});

it('runs several requests at once in one worker with --concurrency', async () => {
  const args = ['--max-workers', '1', '--concurrency', '10'];
  const server = await startServer({ handler: 'kitchen.mjs', args });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 10 }, () => request(server.address(), sleep(500))));
  expect(performance.now() - startedAt).toBeLessThan(2_500);
  expect(server.workers().length).toBe(1);
});

it('boots the first worker for the first connection with --min-workers 0', async () => {
  const args = ['--min-workers', '0', '--spare-workers', '0'];
  const server = await startServer({ handler: 'hello.mjs', args, dontWait: true });
  await server.logged(/^listening on /);
  expect(server.workers()).toEqual([]);
  expect((await request(server.address())).status).toBe(200);
  expect(server.workers().length).toBe(1);
});

it('keeps one idle worker ahead of need', async () => {
  const server = await startServer({ handler: 'kitchen.mjs' });
  const asked = request(server.address(), sleep(1_500));
  await waitFor('the spare worker', () => server.workers().length === 2);
  expect((await asked).status).toBe(200);
});

it('retires workers that were idle for --idle-timeout, down to the minimum', async () => {
  const args = ['--max-workers', '4', '--min-workers', '1', '--idle-timeout', '300ms'];
  const server = await startServer({ handler: 'kitchen.mjs', args });
  await Promise.all(Array.from({ length: 4 }, () => request(server.address(), sleep(800))));
  await waitFor('the retirement', () => server.workers().length === 1);
  const lines = (end: string) => server.log.filter(({ msg }) => msg.endsWith(end)).length;
  // Where booting is slow, the requests are over before there are four.
  expect(lines(' is ready')).toBeGreaterThan(1);
  await waitFor(
    'a line for each',
    () => lines('idle for --idle-timeout') === lines(' is ready') - 1,
  );
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
});
