// What is measured without a load: memory at rest, and how soon there is an answer after a start and after a death.

import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Contender } from './contenders/contender.ts';
import { socketPath } from './contenders/contender.ts';
import { median } from './median.ts';
import { childrenOf, proportionalMemory } from './processes.ts';
import type { Stoppable } from './stand.ts';
import { startStand } from './stand.ts';

export interface LifeCycleRow {
  id: string;
  name: string;
  unit: 'MB' | 'ms';
  /** Whether its answers are read here, in SCGI. */
  needsScgi: boolean;
  /** Starts the contender, measures it so many times, and ends it. */
  measure(contender: Contender, options: LifeCycleOptions): Promise<number[]>;
}

export interface LifeCycleOptions {
  rounds: number;
  /** A folder for what contenders write. */
  parent: string;
  /** What runs now: whoever interrupts the benchmark has to stop it. */
  running: Set<Stoppable>;
}

const POOL = { front: 'none', concurrency: 1 } as const;
const WORKERS = 4;

/** Time for what a server does after it said that it is ready. */
const SETTLING_MS = 1_000;

export const LIFE_CYCLE_ROWS: readonly LifeCycleRow[] = [
  {
    id: 'memory',
    name: `PSS of an idle worker, ${WORKERS} workers`,
    unit: 'MB',
    needsScgi: false,
    measure: measureMemory,
  },
  {
    id: 'start',
    name: `start to first answer, ${WORKERS} workers`,
    unit: 'ms',
    needsScgi: true,
    measure: measureStart,
  },
  {
    id: 'death',
    name: 'death of the only worker to next answer',
    unit: 'ms',
    needsScgi: true,
    measure: measureDeath,
  },
];

/** @returns the median of a contender */
export async function measureLifeCycle(
  row: LifeCycleRow,
  contender: Contender,
  options: LifeCycleOptions,
): Promise<number> {
  return median(await row.measure(contender, options));
}

async function measureMemory(contender: Contender, options: LifeCycleOptions): Promise<number[]> {
  const { parent, running } = options;
  const stand = await startStand(contender, { ...POOL, workers: WORKERS, parent });
  running.add(stand);
  try {
    await delay(SETTLING_MS);
    return childrenOf(stand.pid).map((pid) => proportionalMemory(pid) / 1024 ** 2);
  } finally {
    await stand.stop();
    running.delete(stand);
  }
}

async function measureStart(contender: Contender, options: LifeCycleOptions): Promise<number[]> {
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

async function measureDeath(contender: Contender, options: LifeCycleOptions): Promise<number[]> {
  const { parent, running, rounds } = options;
  const stand = await startStand(contender, { ...POOL, workers: 1, parent });
  running.add(stand);
  const times: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      await answerOf(stand.address);
      await delay(SETTLING_MS);
      const workers = childrenOf(stand.pid);
      if (workers.length !== 1) throw new Error(`it has ${workers.length} workers instead of 1`);
      const killedAt = performance.now();
      for (const pid of workers) process.kill(pid, 'SIGKILL');
      await answerOf(stand.address);
      times.push(performance.now() - killedAt);
    }
  } finally {
    await stand.stop();
    running.delete(stand);
  }
  return times;
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
