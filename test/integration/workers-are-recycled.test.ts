// --max-requests, --max-age, --max-memory: another takes a worker's place before it leaves.

import { expect, it } from 'vitest';
import type { LoadResult } from '../helpers/load.ts';
import { runLoad } from '../helpers/load.ts';
import { mostWorkers } from '../helpers/reload.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const TWO_WORKERS = ['--max-workers', '2', '--min-workers', '2'];
const MEGABYTE = 1024 * 1024;

/** Requests, as long as `goOn` says; and the most workers that there were meanwhile. */
async function load(
  server: RunningServer,
  goOn: (begun: number) => boolean,
  look: (body: string) => void = () => {},
): Promise<LoadResult & { most: number }> {
  let isOver = false;
  const exchange = async (): Promise<void> => {
    const { status, body } = await request(server.address());
    if (status !== 200) throw new Error(`${status}`);
    look(body.toString());
  };
  const result = runLoad(exchange, { clients: 6, goOn }).finally(() => (isOver = true));
  const most = await mostWorkers(server, () => isOver);
  return { ...(await result), most };
}

/** How many requests those had served that were replaced for their number. */
function lives({ log }: RunningServer): number[] {
  const pattern = /(\d+) requests served: replaced: \d+ requests \(--max-requests\)$/;
  return log.flatMap(({ msg }) => pattern.exec(msg)?.slice(1).map(Number) ?? []);
}

it('after a number of requests', async () => {
  const args = [...TWO_WORKERS, '--max-requests', '50'];
  const server = await startServer({ handler: 'hello.mjs', args });
  const { most, failures, wrong } = await load(server, () => lives(server).length < 3);
  expect({ failures, wrong }).toEqual({ failures: [], wrong: [] });
  expect(most).toBeLessThanOrEqual(3);
  // They serve on until their replacement is there.
  expect(Math.min(...lives(server))).toBeGreaterThanOrEqual(45);
});

it('after a time', async () => {
  const args = ['--max-workers', '1', '--max-age', '500ms'];
  const server = await startServer({ handler: 'hello.mjs', args });
  const [first] = server.workers();
  expect(await mostWorkers(server, () => !server.workers().includes(first!))).toBe(2);
  await server.logged(/is to be replaced: \d+ s old \(--max-age\)$/);
});

it('above a size, which none exceeds by more than a request, the only one not either', async () => {
  const args = ['--max-workers', '1', '--max-memory', '130m'];
  const server = await startServer({ handler: 'grows.mjs', args });
  let largest = 0;
  const pids = new Set<string>();
  const look = (body: string): void => {
    const [pid = '', bytes] = body.split(' ');
    pids.add(pid);
    largest = Math.max(largest, Number(bytes));
  };
  const { most, failures, wrong } = await load(server, (begun) => begun < 200, look);
  expect({ failures, wrong }).toEqual({ failures: [], wrong: [] });
  expect(pids.size).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(2);
  // The kernel counts to within a few dozen pages.
  expect(largest).toBeLessThan(133 * MEGABYTE);
  await server.logged(
    /is to be replaced, and takes no requests until then: 13\d MB \(--max-memory\)$/,
  );
});

it('is finished in good order when TERM comes while the only worker rests', async () => {
  const args = ['--max-workers', '1', '--max-memory', '20m'];
  const server = await startServer({ handler: 'grows.mjs', args });
  await server.logged(/before its first request leave no room below --max-memory 20 MB/);
  const answers = Promise.all([0, 0, 0].map(() => request(server.address())));
  await server.logged(/takes no requests until then/);
  server.process.kill('SIGTERM');
  expect((await answers).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await server.ended()).toBe(0);
});

it('by as many as there may be, which signals change', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', args: ['--max-workers', '1'] });
  const slow = (): Promise<unknown> => request(server.address(), { path: '/sleep?ms=500' });
  for (const n of [2, 3]) {
    server.process.kill('SIGTTIN');
    await server.logged(new RegExp(`^at most ${n} workers until the next reload`));
  }
  const requests = [slow(), slow(), slow(), slow()];
  await waitFor('three workers', () => server.workers().length === 3);
  const before = server.log.length;
  for (let i = 0; i < 3; i++) {
    server.process.kill('SIGTTOU');
    const lowered = (): number =>
      server.log.slice(before).filter(({ msg }) => msg.startsWith('at most')).length;
    await waitFor('a lower maximum', () => lowered() === i + 1);
  }
  await Promise.all(requests);
  await waitFor('one worker', () => server.workers().length === 1);
  await server.logged(/exited with code 0 .*: at most 1 workers$/);
});
