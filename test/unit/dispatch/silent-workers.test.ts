import { beforeEach, expect, it } from 'vitest';
import { boardBytes } from '../../../src/dispatch/native/board-layout.ts';
import { SilentWorkers } from '../../../src/dispatch/native/silent-workers.ts';
import { WorkerBoard } from '../../../src/dispatch/native/worker-board.ts';

const SLOTS = 3;
const LIMIT = 500;

let board: WorkerBoard;
let workers: SilentWorkers;

beforeEach(() => {
  board = new WorkerBoard(new ArrayBuffer(boardBytes(SLOTS)));
  workers = new SilentWorkers(board, LIMIT);
});

it('tells of a worker that is silent for too long, and again if it lives on', () => {
  expect([workers.due, workers.look(1e9)]).toEqual([undefined, []]);
  workers.missed(1, 1_000);
  workers.missed(1, 1_400);
  expect([workers.due, workers.look(1_499)]).toEqual([1_500, []]);
  expect([workers.look(1_500), workers.due]).toEqual([[1], 2_000]);
  expect([workers.look(1_999), workers.look(2_000)]).toEqual([[], [1]]);
});

it('tells of none that has given a sign of life', () => {
  for (const slot of [0, 1, 2]) workers.missed(slot, 1_000);
  workers.heard(0);
  board.setTaken(1, 1);
  board.setRunning(2, 0, 1);
  expect([workers.look(1_500), workers.due]).toEqual([[], undefined]);
});

it('leaves one alone that a request keeps, and gives it its time when that is over', () => {
  workers.missed(0, 1_000);
  board.setRunning(0, 1, 0);
  expect(workers.look(1_600)).toEqual([]);
  board.setRunning(0, 0, 0);
  expect([workers.look(2_099), workers.look(2_100)]).toEqual([[], [0]]);
});

it('works with another limit from then on', () => {
  workers.missed(0, 1_000);
  workers.change(100);
  expect([workers.due, workers.look(1_100)]).toEqual([1_100, [0]]);
});
