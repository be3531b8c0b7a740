import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Dispatcher } from '../../../src/dispatch/dispatcher.ts';
import type { PoolSettings } from '../../../src/master/pool.ts';
import { Pool } from '../../../src/master/pool.ts';
import { WorkerHandle } from '../../../src/master/worker-handle.ts';
import { Chronicle } from '../../../src/ops/chronicle.ts';

const lines: string[] = [];
const note = (line: string): void => void lines.push(line);
const log = { debug: note, info: note, warn: note, error: note, access: note };
const limits = { min: 1, spare: 0, max: 2, idleTimeout: 1_000, replacing: 1 };

/** A pool of which no worker can be spawned: whoever tests it adds them. */
function createPool() {
  const dispatcher = {
    load: () => undefined,
    prepare: () => {
      throw new Error('there are no more processes');
    },
  } as unknown as Dispatcher;
  const chronicle = new Chronicle();
  const settings = { limits } as PoolSettings;
  const pool = new Pool(settings, {
    dispatcher,
    log,
    submit: () => {},
    chronicle,
    maxProcesses: 9,
  });
  const add = (generation: number): WorkerHandle => {
    const child = { connected: false, kill: () => true } as unknown as ChildProcess;
    const worker = new WorkerHandle(pool.workers.free, child, generation);
    pool.workers.add(worker);
    return worker;
  };
  const die = (worker: WorkerHandle): void =>
    void pool.reaped(worker, { code: 1, signal: null }, { served: 0, lost: 0 });
  return { pool, add, die, chronicle, settings };
}

beforeEach(() => {
  vi.useFakeTimers();
  lines.length = 0;
});
afterEach(() => void vi.useRealTimers());

it('takes reloads that fail for nothing worse, be it that a worker does not boot or cannot be started', () => {
  const { pool, add, die, chronicle, settings } = createPool();
  add(1).apply('ready');
  for (let i = 0; i < 6; i++) {
    pool.beginTrial(settings);
    die(add(2));
    pool.abandonTrial('it failed');
    pool.beginTrial(settings);
    pool.reconcile('serve', 0);
    pool.abandonTrial('it failed');
  }
  expect(lines.filter((line) => line.startsWith('a worker could not be started'))).toHaveLength(6);
  expect(pool.health).toMatchObject({ failedBoots: 0, nextAttemptMs: 0, isCrashLoop: false });
  expect(chronicle.lives.ended).toMatchObject({ 'boot-failure': 0, reload: 12 });
  expect(chronicle.events).toEqual([]);
  pool.close();
});

it('ends a crash loop of workers that nobody wants any more', () => {
  const { pool, add, die } = createPool();
  add(1).apply('ready');
  for (let i = 0; i < 5; i++) die(add(1));
  pool.reconcile('serve', 0);
  const starting = add(1);
  vi.advanceTimersByTime(20_000);
  pool.reconcile('serve', 0);
  // Nobody knows yet what becomes of that one.
  vi.advanceTimersByTime(50_000);
  expect(pool.health).toMatchObject({ failedBoots: 5, isCrashLoop: true });
  pool.workers.remove(starting);
  pool.reconcile('serve', 0);
  vi.advanceTimersByTime(29_000);
  expect(pool.health.isCrashLoop).toBe(true);
  vi.advanceTimersByTime(2_000);
  expect(pool.health.isCrashLoop).toBe(false);
  expect(lines.at(-1)).toMatch(/^crash loop is over: 5 workers died in 0 s$/);
  pool.close();
});
