import { describe, expect, it } from 'vitest';
import { ActiveWorkers } from '../../../src/dispatch/native/active-workers.ts';
import { BacklogClock } from '../../../src/dispatch/native/backlog-clock.ts';
import { boardBytes } from '../../../src/dispatch/native/board-layout.ts';
import {
  creditsIn,
  LOOK_AGAIN,
  OUT_OF_DESCRIPTORS,
} from '../../../src/dispatch/native/credit-message.ts';
import { News } from '../../../src/dispatch/native/news.ts';
import { LEAVE_MS, SelfService } from '../../../src/dispatch/native/self-service.ts';
import { WorkerBoard } from '../../../src/dispatch/native/worker-board.ts';

describe('News', () => {
  it('has nothing to tell of a pool at rest', () => {
    const news = new News();
    expect(news.due(true)).toBe(undefined);
    expect(news.take(1e9, true)).toBe(false);
  });

  it('is told once, and again only after a pause', () => {
    const news = new News();
    news.add();
    expect(news.take(1_000, true)).toBe(true);
    expect(news.take(1_000, true)).toBe(false);
    news.add();
    expect(news.take(1_001, true)).toBe(false);
    const due = news.due(true) ?? 0;
    expect(due).toBeGreaterThan(1_001);
    expect([news.take(due, true), news.due(true)]).toEqual([true, undefined]);
  });

  it('is told now and then as long as workers are busy, although nothing moves here', () => {
    const news = new News();
    expect(news.take(1_000, false)).toBe(true);
    const due = news.due(false) ?? 0;
    expect(due).toBeGreaterThan(1_020);
    expect([news.take(due - 1, false), news.take(due, false)]).toEqual([false, true]);
  });
});

function keptUp(cores: number, elapsed: number, taken: number): boolean {
  const selfService = new SelfService(cores);
  selfService.keepsUp(1_000, 50);
  return selfService.keepsUp(1_000 + elapsed, 50 + taken);
}

describe('SelfService', () => {
  it('does not trust workers that it has not seen yet', () => {
    expect(new SelfService(1).keepsUp(1_000, 1_000_000)).toBe(false);
  });

  it('leaves the backlog to workers that take one connection per core and millisecond', () => {
    expect([keptUp(2, LEAVE_MS, 2), keptUp(2, 10 * LEAVE_MS, 20)]).toEqual([true, true]);
  });

  it('does not leave it to slower ones', () => {
    expect([keptUp(2, LEAVE_MS, 1), keptUp(2, 10 * LEAVE_MS, 19)]).toEqual([false, false]);
    expect(keptUp(4, 0, 3)).toBe(false);
  });

  it('looks at what was taken since it was asked last, not in all', () => {
    const selfService = new SelfService(1);
    selfService.keepsUp(1_000, 0);
    expect(selfService.keepsUp(1_001, 500)).toBe(true);
    expect(selfService.keepsUp(1_002, 500)).toBe(false);
  });

  it('is not misled by the count of a worker that died', () => {
    const selfService = new SelfService(1);
    selfService.keepsUp(1_000, 500);
    expect(selfService.keepsUp(1_001, 20)).toBe(false);
    expect(selfService.keepsUp(1_002, 21)).toBe(true);
  });
});

describe('BacklogClock (rule 3)', () => {
  it('calls for a worker when something has waited for 10 ms, and again later', () => {
    const clock = new BacklogClock();
    expect([clock.due, clock.isLate]).toEqual([undefined, false]);
    clock.start(1_000, 0);
    clock.start(1_005, 0);
    expect([clock.due, clock.isLate]).toEqual([1_010, false]);
    clock.look(1_010, 0);
    expect(clock.due).toBeGreaterThanOrEqual(1_040);
    expect(clock.isLate).toBe(true);
    clock.stop();
    expect([clock.due, clock.isLate]).toEqual([undefined, false]);
  });

  it('says since when nothing has been begun; deaths are no progress', () => {
    const clock = new BacklogClock();
    clock.start(1_000, 50);
    expect(clock.look(1_100, 50)).toBe(1_000);
    expect(clock.look(1_200, 51)).toBe(1_200);
    expect(clock.look(1_300, 20)).toBe(1_200);
    expect(clock.look(1_400, 21)).toBe(1_400);
  });
});

describe('ActiveWorkers', () => {
  it('counts the workers below a slot that have served since it was asked last', () => {
    const board = new WorkerBoard(new ArrayBuffer(boardBytes(4)));
    const active = new ActiveWorkers(board, 4);
    expect(active.countActive(4)).toBe(0);
    board.setRunning(0, 0, 1);
    board.setRunning(2, 0, 7);
    expect([active.countActive(2), active.countActive(4), active.countActive(4)]).toEqual([
      1, 1, 0,
    ]);
  });

  it('takes a new worker in the slot of another for a change, not for an error', () => {
    const board = new WorkerBoard(new ArrayBuffer(boardBytes(2)));
    const active = new ActiveWorkers(board, 2);
    board.setRunning(0, 0, 9);
    active.countActive(1);
    board.reset(0, 2);
    expect([active.countActive(1), active.countActive(1)]).toEqual([1, 0]);
  });
});

it('keeps the count of credits apart from what is said with them', () => {
  expect(creditsIn(65_535 | LOOK_AGAIN | OUT_OF_DESCRIPTORS)).toBe(65_535);
  expect(LOOK_AGAIN & OUT_OF_DESCRIPTORS).toBe(0);
});
