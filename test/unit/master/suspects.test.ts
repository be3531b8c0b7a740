import { spawn } from 'node:child_process';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { StuckWorkers } from '../../../src/master/stuck-workers.ts';
import { WorkerHandle } from '../../../src/master/worker-handle.ts';
import { WorkerSlots } from '../../../src/master/worker-slots.ts';

const nothing = (): void => {};

let workers: WorkerSlots;
let errors: string[];
let stuck: StuckWorkers;

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  workers = new WorkerSlots();
  errors = [];
  const error = (message: string): void => void errors.push(message);
  const log = { debug: nothing, info: nothing, warn: nothing, error, access: nothing };
  const dispatcher = {
    withdraw: () => Promise.resolve(),
    answerOverdue: () => Promise.resolve([]),
    endAnswers: () => Promise.resolve(),
  };
  const settings = { config: { requestTimeout: 1_000, queueTimeout: 1_000 } };
  stuck = new StuckWorkers({ workers, dispatcher, log, settings });
});

/** A worker without a channel: it answers when the test says so. */
function add(slot: number): WorkerHandle {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const worker = new WorkerHandle(slot, child);
  workers.add(worker);
  return worker;
}

it('kills a worker that does not respond, and none that does', async () => {
  const [silent, other] = [add(0), add(1)];
  stuck.overdue(0);
  stuck.overdue(1);
  stuck.responded(other);
  vi.advanceTimersByTime(5_249);
  expect(errors).toEqual([]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(errors).toEqual([expect.stringContaining(`(pid ${silent.pid}) does not respond`)]);
  expect([silent.process.killed, other.process.killed]).toEqual([true, false]);
});

it('hears a worker respond whose predecessor in the slot did not', () => {
  const first = add(0);
  stuck.overdue(0);
  vi.advanceTimersByTime(5_100);
  workers.remove(first);
  const next = add(0);
  stuck.overdue(0);
  // The time of the one that is gone ends between the question and the answer.
  vi.advanceTimersByTime(200);
  stuck.responded(next);
  vi.advanceTimersByTime(10_000);
  expect([errors, next.process.killed]).toEqual([[], false]);
});

it('tells once of a worker that begins nothing, and not of one that rests', () => {
  const [stopped, resting] = [add(0), add(1)];
  for (const worker of [stopped, resting]) worker.apply('ready');
  resting.worn = { reason: '--max-memory', isResting: true };
  for (const slot of [0, 1, 0, 0]) stuck.killUnbegun(slot);
  expect(errors).toEqual([
    'worker 0 has not begun a connection within --queue-timeout (1s): killed',
  ]);
  expect([stopped.process.killed, resting.process.killed]).toEqual([true, false]);
});
