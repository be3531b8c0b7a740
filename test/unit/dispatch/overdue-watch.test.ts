import { expect, it } from 'vitest';
import { boardBytes } from '../../../src/dispatch/native/board-layout.ts';
import { OverdueWatch } from '../../../src/dispatch/native/overdue-watch.ts';
import { WorkerBoard } from '../../../src/dispatch/native/worker-board.ts';
import { REQUEST_GRACE_MS, TELL_OVERDUE_MS } from '../../../src/dispatch/dispatcher.ts';

const SLOTS = 3;
const LIMIT = 500;
const DUE = LIMIT + REQUEST_GRACE_MS;

function setUp() {
  const board = new WorkerBoard(new ArrayBuffer(boardBytes(SLOTS)));
  const run = (slot: number, startedAt: number, headSent = false): void =>
    board.line(slot).show({ method: 'GET', uri: '/', startedAt, headSent, fd: 5 });
  return { board, run, watch: new OverdueWatch(board, SLOTS, LIMIT) };
}

it('tells of workers whose request is over its time, and knows when that will be', () => {
  const { board, run, watch } = setUp();
  expect(watch.look(1_000)).toEqual([]);
  expect(watch.due).toBeUndefined();
  run(1, 1_000);
  run(2, 1_200);
  expect(watch.look(1_300)).toEqual([]);
  expect(watch.due).toBeCloseTo(1_000 + DUE, 3);
  expect(watch.look(1_000 + DUE + 1)).toEqual([1]);
  board.line(2).clear();
  expect(watch.look(1_200 + DUE + 1)).toEqual([]);
  expect(watch.due).toBeCloseTo(1_001 + DUE + TELL_OVERDUE_MS, 3);
});

it('tells again after a while, and at once of another request', () => {
  const { run, watch } = setUp();
  run(0, 1_000, true);
  expect(watch.look(2_000)).toEqual([0]);
  expect(watch.look(2_000 + TELL_OVERDUE_MS - 1)).toEqual([]);
  expect(watch.look(2_000 + TELL_OVERDUE_MS)).toEqual([0]);
  run(0, 7_100);
  expect(watch.look(7_300 + DUE)).toEqual([0]);
});

it('looks seldom, however often it is asked', () => {
  const { run, watch } = setUp();
  watch.look(1_000);
  run(0, 0);
  expect(watch.look(1_001)).toEqual([]);
  expect(watch.look(1_250)).toEqual([0]);
});

it('does nothing without a limit', () => {
  const board = new WorkerBoard(new ArrayBuffer(boardBytes(SLOTS)));
  board.line(0).show({ method: 'GET', uri: '/', startedAt: 0, headSent: false, fd: 5 });
  const watch = new OverdueWatch(board, SLOTS, undefined);
  expect(watch.look(1e9)).toEqual([]);
  expect(watch.due).toBeUndefined();
});
