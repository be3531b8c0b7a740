// What is measured without a load: memory and processor time at rest, and how soon there is an answer
// after a start and after a death.

import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Contender } from './contenders/contender.ts';
import { socketPath } from './contenders/contender.ts';
import { cpuTicks } from './cpu-time.ts';
import type { FigureOptions, FigureRow } from './figure.ts';
import { everybody, speaksScgi, withStand } from './figure.ts';
import { childrenOf, proportionalMemory } from './processes.ts';

const WORKERS = 4;

/** Time for what a server does after it said that it is ready. */
const SETTLING_MS = 1_000;

/** V8 collects garbage once more in a process that has gone quiet: the last time after some 40 s. */
const LAST_COLLECTION_MS = 45_000;

export const LIFE_CYCLE_ROWS: readonly FigureRow[] = [
  {
    id: 'memory',
    name: `PSS of an idle worker, ${WORKERS} workers`,
    unit: 'MB',
    fits: everybody,
    measure: measureMemory,
  },
  {
    id: 'rest',
    name: `processor time of an idle pool, ${WORKERS} workers`,
    unit: 'ticks',
    fits: speaksScgi,
    measure: measureRest,
  },
  {
    id: 'start',
    name: `start to first answer, ${WORKERS} workers`,
    unit: 'ms',
    fits: speaksScgi,
    measure: measureStart,
  },
  {
    id: 'death',
    name: 'death of the only worker to next answer',
    unit: 'ms',
    fits: speaksScgi,
    measure: measureDeath,
  },
];

function measureMemory(contender: Contender, options: FigureOptions): Promise<number[]> {
  return withStand(contender, { ...options, workers: WORKERS }, async ({ pid }) => {
    await delay(SETTLING_MS);
    return childrenOf(pid).map((child) => proportionalMemory(child) / 1024 ** 2);
  });
}

/** Once, as it is long: what wakes up now and then, wakes up often enough. */
function measureRest(contender: Contender, options: FigureOptions): Promise<number[]> {
  return withStand(contender, { ...options, workers: WORKERS }, async ({ pid }) => {
    await delay(LAST_COLLECTION_MS);
    const before = cpuTicks(pid);
    await delay(options.restSeconds * 1_000);
    return [cpuTicks(pid) - before];
  });
}

async function measureStart(contender: Contender, options: FigureOptions): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const dir = fs.mkdtempSync(path.join(options.parent, 'start-'));
    const startedAt = performance.now();
    const starting = contender.start({ workers: WORKERS, concurrency: 1 }, dir);
    try {
      await answerOf({ path: socketPath(dir) });
      times.push(performance.now() - startedAt);
    } finally {
      const app = await starting;
      options.running.add(app);
      // uWSGI forgets a TERM that arrives before its master has become one.
      await delay(SETTLING_MS);
      await app.stop();
      options.running.delete(app);
    }
  }
  return times;
}

function measureDeath(contender: Contender, options: FigureOptions): Promise<number[]> {
  return withStand(contender, { ...options, workers: 1 }, async ({ address, pid }) => {
    const times: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      await answerOf(address);
      await delay(SETTLING_MS);
      const workers = childrenOf(pid);
      if (workers.length !== 1) throw new Error(`it has ${workers.length} workers instead of 1`);
      const killedAt = performance.now();
      for (const worker of workers) process.kill(worker, 'SIGKILL');
      await answerOf(address);
      times.push(performance.now() - killedAt);
    }
    return times;
  });
}

/** Asks until there is an answer: until then nobody listens, or the connection ends without one. */
async function answerOf(address: PeerAddress): Promise<void> {
  await waitFor('an answer', async () => {
    try {
      const { status } = await request(address, { path: '/hello', env: { PATH_INFO: '/hello' } });
      return status === 200;
    } catch {
      return false;
    }
  });
}
