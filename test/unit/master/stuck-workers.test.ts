import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Dispatcher } from '../../../src/dispatch/dispatcher.ts';
import { StuckWorkers } from '../../../src/master/stuck-workers.ts';
import { WorkerHandle } from '../../../src/master/worker-handle.ts';
import { WorkerSlots } from '../../../src/master/worker-slots.ts';
import { deathKind, workerEnd } from '../../../src/master/worker-state.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, access: () => {} };

function create() {
  const signals: unknown[] = [];
  const child = {
    connected: false,
    exitCode: null,
    signalCode: null,
    kill: (signal: unknown) => signals.push(signal),
  } as unknown as ChildProcess;
  const worker = new WorkerHandle(0, child, 1);
  worker.apply('ready');
  const workers = new WorkerSlots();
  workers.add(worker);
  const dispatcher = {
    withdraw: () => Promise.resolve(),
    answerOverdue: () => Promise.resolve([]),
    endAnswers: () => Promise.resolve(),
  } as unknown as Dispatcher;
  const settings = { config: { requestTimeout: 100, queueTimeout: 100 } };
  return { stuck: new StuckWorkers({ workers, dispatcher, log, settings }), worker, signals };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each(['overdue', 'killUnbegun'] as const)('counts a worker as killed (%s)', async (found) => {
  const { stuck, worker, signals } = create();
  stuck[found](0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(signals).toEqual(['SIGKILL']);
  // It is replaced as one that crashed.
  const kind = deathKind(worker.state);
  expect([kind, workerEnd(kind, worker, 1)]).toEqual(['crash', 'killed']);
});

it('leaves a worker alone that responds', () => {
  const { stuck, worker, signals } = create();
  stuck.overdue(0);
  stuck.responded(worker);
  vi.advanceTimersByTime(10_000);
  expect([signals, worker.wasStuck]).toEqual([[], false]);
});
