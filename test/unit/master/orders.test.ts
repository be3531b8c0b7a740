import { describe, expect, it } from 'vitest';
import { RecycleOrders } from '../../../src/master/recycle-orders.ts';
import { scale } from '../../../src/master/scaling.ts';
import type { Wear } from '../../../src/master/worker-handle.ts';
import type { WorkerState } from '../../../src/master/worker-state.ts';
import type { RecycleReceipt, ScaleReceipt } from '../../../src/ops/operations.ts';

/** A log that is not read. */
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, access: () => {} };

/** What the orders look at. */
interface TestWorker {
  slot: number;
  state: WorkerState;
  worn: Wear | undefined;
}

function createOrders(...slots: number[]) {
  const workers = slots.map((slot): TestWorker => ({ slot, state: 'ready', worn: undefined }));
  const receipts: RecycleReceipt[] = [];
  const orders = new RecycleOrders({ workers: { serving: workers }, log });
  const begin = (slot?: number): void =>
    orders.begin({ slot, reason: 'test', done: (receipt) => receipts.push(receipt) });
  return { workers, orders, begin, receipts };
}

describe('orders to recycle', () => {
  it('are done when the workers that were there are gone', () => {
    const { workers, orders, begin, receipts } = createOrders(0, 1);
    begin();
    expect(workers.map(({ worn }) => worn?.reason)).toEqual(['test', 'test']);
    workers[0]!.state = 'exited';
    orders.advance();
    expect(receipts).toEqual([]);
    workers[1]!.state = 'exited';
    orders.advance();
    expect(receipts).toMatchObject([{ ok: true, recycled: [0, 1] }]);
  });

  it('concern one worker, which has to be there', () => {
    const { workers, begin, receipts } = createOrders(0, 3);
    begin(3);
    expect(workers.map(({ worn }) => worn !== undefined)).toEqual([false, true]);
    begin(1);
    const error = 'expected the slot of a worker that serves, which are 0, 3; got 1';
    expect(receipts).toMatchObject([{ ok: false, recycled: [], error }]);
  });

  it('are refused, and nobody is touched, when the server has other things to do', () => {
    const { workers, orders, receipts } = createOrders(0);
    const done = (receipt: RecycleReceipt): void => void receipts.push(receipt);
    orders.refuse({ reason: 'test', done }, 'the server stops');
    expect(receipts).toMatchObject([{ ok: false, recycled: [], error: 'the server stops' }]);
    expect(workers[0]!.worn).toBeUndefined();
  });

  it('are given up when no replacement boots, and the workers stay', () => {
    const { workers, orders, begin, receipts } = createOrders(0, 1);
    begin();
    for (let i = 0; i < 4; i++) orders.bootFailed('it is broken');
    orders.booted();
    workers[0]!.state = 'exited';
    for (let i = 0; i < 4; i++) orders.bootFailed('it is broken');
    expect(receipts).toEqual([]);
    orders.bootFailed('it is broken');
    expect(receipts).toMatchObject([{ ok: false, recycled: [0], error: 'it is broken' }]);
    expect(workers[1]!.worn).toBeUndefined();
  });

  it('leave what workers have asked for themselves when they are given up', () => {
    const { workers, orders, begin } = createOrders(0, 1);
    const own = { reason: '--max-requests', isResting: false };
    workers[0]!.worn = own;
    begin();
    expect(workers.map(({ worn }) => worn?.reason)).toEqual(['--max-requests', 'test']);
    for (let i = 0; i < 5; i++) orders.bootFailed('it is broken');
    expect(workers.map(({ worn }) => worn)).toEqual([own, undefined]);
  });
});

/** Scales a pool that may have `before` workers. @returns the receipt, and how many it may have now */
function scaled(to: number | 'more' | 'fewer', before = 2): ScaleReceipt & { now: number } {
  let now = before;
  let receipt: ScaleReceipt | undefined;
  const pool = { maxWorkers: before, scale: (wanted: number) => void (now = wanted) };
  const done = (given: ScaleReceipt): void => void (receipt = given);
  scale({ to, reason: 'test', done }, { pool, log, mostWorkers: 64 });
  return { ...receipt!, now };
}

describe('scale', () => {
  it.each([
    [7, 2, 7],
    ['more', 2, 3],
    ['fewer', 2, 1],
    ['fewer', 1, 1],
    [64, 2, 64],
  ] as const)('to %s, from %i', (to, before, after) => {
    expect(scaled(to, before)).toEqual({ ok: true, maxWorkers: after, now: after });
  });

  it.each([[0], [65], [1.5], [NaN]])('to %d is refused', (to) => {
    const { ok, maxWorkers, now, error } = scaled(to);
    expect([ok, maxWorkers, now]).toEqual([false, 2, 2]);
    expect(error).toContain('from 1 to 64');
  });

  it('adds no worker beyond what there is room for', () => {
    expect(scaled('more', 64)).toMatchObject({ ok: false, now: 64 });
  });
});
