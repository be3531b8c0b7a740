import type { ChildProcess } from 'node:child_process';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Dispatcher, WorkerLoad } from '../../../src/dispatch/dispatcher.ts';
import type { Command } from '../../../src/master/command.ts';
import { Departures } from '../../../src/master/departures.ts';
import { WorkerHandle } from '../../../src/master/worker-handle.ts';

const IDLE: WorkerLoad = { running: 0, idleSince: 0, served: 0 };
const BUSY: WorkerLoad = { running: 1, idleSince: undefined, served: 0 };

const nothing = (): void => {};

function create(load: WorkerLoad = BUSY) {
  const withdrawn: number[] = [];
  const errors: string[] = [];
  const commands: Command[] = [];
  const signals: unknown[] = [];
  const dispatcher = {
    withdraw: (slot: number) => Promise.resolve(void withdrawn.push(slot)),
    load: () => load,
    activity: () => ({}),
    endAnswers: () => Promise.resolve(void signals.push('answers')),
  } as unknown as Dispatcher;
  const error = (message: string): void => void errors.push(message);
  const log = { debug: nothing, info: nothing, warn: nothing, error, access: nothing };
  const submit = (command: Command): void => void commands.push(command);
  const departures = new Departures({ dispatcher, log, submit });
  const kill = (signal: unknown): void => void signals.push(signal);
  const child = { connected: false, pid: 7, kill } as unknown as ChildProcess;
  const worker = new WorkerHandle(3, child);
  onTestFinished(() => worker.fulfil());
  return { departures, worker, withdrawn, errors, commands, signals };
}

function createReady(load?: WorkerLoad) {
  const created = create(load);
  created.worker.apply('ready');
  return created;
}

it('withdraws a worker that is to leave, once', async () => {
  const { departures, worker, withdrawn } = createReady();
  await departures.drain(worker, 'idle');
  await departures.drain(worker, 'idle');
  expect([worker.state, withdrawn]).toEqual(['draining', [3]]);
});

it('leaves the slot of a worker that is gone to whoever has it by then', async () => {
  const { departures, worker, withdrawn } = createReady();
  worker.apply('exit');
  await departures.drain(worker, 'it says that it leaves');
  expect([worker.state, withdrawn]).toEqual(['exited', []]);
});

it("keeps a worker's own reason to be replaced beside an order", () => {
  const { departures, worker } = createReady();
  const own = { reason: '--max-requests', isResting: false };
  worker.worn = { reason: 'control socket', isResting: false, isOrdered: true };
  departures.wear(worker, own);
  expect(worker.worn).toEqual(own);
  departures.wear(worker, { reason: '--max-age', isResting: false });
  expect(worker.worn).toEqual(own);
});

it.each([
  ['one that runs a request has to be finished in its time', BUSY, (by: number) => by < Infinity],
  ['one that is idle has nothing to finish', IDLE, (by: number) => by === Infinity],
])('with --graceful-timeout 0 %s', async (_which, load, expected) => {
  const { departures, worker } = createReady(load);
  await departures.drain(worker, 'a reload');
  expect(expected(worker.leavesBy)).toBe(true);
});

it.each([
  ['is killed when it has not served', IDLE, 'killed'],
  ['may finish when it has a request already', BUSY, 'draining'],
])('a booting worker that is not wanted any more %s', async (_how, load, state) => {
  const { departures, worker, withdrawn } = create(load);
  await departures.discard(worker, 'the reload failed');
  expect([worker.state, withdrawn.length > 0]).toEqual([state, true]);
});

it('gives up a killed worker that does not die, and sees to its answers before it kills', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { departures, worker, errors, commands, signals } = createReady();
  void departures.drain(worker, 'a reload');
  departures.overdue(worker, 1_500);
  await vi.advanceTimersByTimeAsync(1);
  expect([worker.state, signals]).toEqual(['killed', ['answers', 'SIGKILL']]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(commands).toMatchObject([{ type: 'worker-overdue', timeoutMs: 2_000 }]);
  departures.overdue(worker, 2_000);
  expect(worker.isLost).toBe(true);
  expect(errors[1]).toMatch(/^worker 3 \(pid 7\) was killed 2000 ms ago and is still there: /);
});
