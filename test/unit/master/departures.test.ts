import type { ChildProcess } from 'node:child_process';
import { expect, it } from 'vitest';
import type { Dispatcher } from '../../../src/dispatch/dispatcher.ts';
import { Departures } from '../../../src/master/departures.ts';
import { WorkerHandle } from '../../../src/master/worker-handle.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, access: () => {} };

function create() {
  const withdrawn: number[] = [];
  const dispatcher = {
    withdraw: (slot: number) => Promise.resolve(void withdrawn.push(slot)),
  } as Dispatcher;
  const departures = new Departures({ dispatcher, log, submit: () => {} });
  const worker = new WorkerHandle(3, { connected: false } as ChildProcess);
  worker.apply('ready');
  return { departures, worker, withdrawn };
}

it('withdraws a worker that is to leave, once', async () => {
  const { departures, worker, withdrawn } = create();
  await departures.drain(worker, 'idle');
  await departures.drain(worker, 'idle');
  expect([worker.state, withdrawn]).toEqual(['draining', [3]]);
  worker.apply('exit');
});

it('leaves the slot of a worker that is gone to whoever has it by then', async () => {
  const { departures, worker, withdrawn } = create();
  worker.apply('exit');
  await departures.drain(worker, 'it says that it leaves');
  expect([worker.state, withdrawn]).toEqual(['exited', []]);
});

it("keeps a worker's own reason to be replaced beside an order", () => {
  const { departures, worker } = create();
  const own = { reason: '--max-requests', isResting: false };
  worker.worn = { reason: 'control socket', isResting: false, isOrdered: true };
  departures.wear(worker, own);
  expect(worker.worn).toEqual(own);
  departures.wear(worker, { reason: '--max-age', isResting: false });
  expect(worker.worn).toEqual(own);
});
