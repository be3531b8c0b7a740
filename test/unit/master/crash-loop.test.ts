import { expect, it } from 'vitest';
import type { LoopNews, UnexpectedDeath } from '../../../src/master/crash-loop.ts';
import { CrashLoop, QUIET_MS, ROW } from '../../../src/master/crash-loop.ts';

const CRASH: UnexpectedDeath = { kind: 'crash', served: 0 };

/** So many deaths, one every `everyMs` from `from` on. */
function die(loop: CrashLoop, times: number, { from = 0, everyMs = 100, death = CRASH } = {}) {
  const news: (LoopNews | undefined)[] = [];
  for (let i = 0; i < times; i++) news.push(loop.died(from + i * everyMs, death));
  return news;
}

it('begins with several deaths in a row of workers that had finished nothing', () => {
  const loop = new CrashLoop();
  expect(die(loop, ROW - 1)).toEqual(Array(ROW - 1).fill(undefined));
  expect(loop.isOn).toBe(false);
  expect(loop.died(400, { kind: 'boot-failure', served: 0 })).toBe('begins');
  expect(loop).toMatchObject({ isOn: true, deaths: ROW, durationMs: 400 });
});

it('is none when workers do their work before they die, or die rarely', () => {
  const loop = new CrashLoop();
  for (let i = 0; i < 3; i++) {
    die(loop, ROW - 1, { from: i * 1_000 });
    expect(loop.died(i * 1_000 + 500, { kind: 'crash', served: 1 })).toBeUndefined();
  }
  die(loop, 20, { from: 10_000, everyMs: 80_000 });
  expect(loop.isOn).toBe(false);
});

it('is told of every so often, until workers stay', () => {
  const loop = new CrashLoop();
  die(loop, ROW);
  const told: number[] = [];
  for (let now = 1_000; now <= 140_000; now += 1_000) {
    if (now % 5_000 === 0) loop.died(now, CRASH);
    if (loop.look(now, false) === 'goes-on') told.push(now);
  }
  expect(told).toEqual([11_000, 71_000, 131_000]);
  expect(loop.deaths).toBe(ROW + 28);
  expect(loop.look(140_000 + QUIET_MS, false)).toBe(undefined);
  expect(loop.look(140_000 + QUIET_MS - 1, true)).toBe(undefined);
  expect(loop.look(140_000 + QUIET_MS, true)).toBe('is-over');
  expect(loop.look(200_000, true)).toBe(undefined);
  expect(loop.durationMs).toBe(140_000);
});

it('is over in a pool that wants no more workers, whether one would boot or not', () => {
  const loop = new CrashLoop();
  loop.planned(0, true);
  die(loop, ROW);
  // While a connection waits, a worker is wanted; it has gone by the time of the next look at the pool.
  for (let now = 1_000; now <= 101_000; now += 1_000) {
    loop.planned(now, now % 20_000 === 0);
    expect(loop.look(now, false)).not.toBe('is-over');
  }
  expect(loop.look(101_000 + QUIET_MS - 1, false)).not.toBe('is-over');
  expect(loop.look(101_000 + QUIET_MS, false)).toBe('is-over');
});

it('goes on while workers are wanted, however long the next attempt is away', () => {
  const loop = new CrashLoop();
  die(loop, ROW);
  loop.planned(1_000, true);
  expect(loop.look(1_000 + 10 * QUIET_MS, false)).toBe('goes-on');
  loop.planned(1_000 + 10 * QUIET_MS, false);
  expect(loop.look(1_001 + 10 * QUIET_MS, false)).toBeUndefined();
});

it('counts deaths of workers that had been ready, of the last minute', () => {
  const loop = new CrashLoop();
  die(loop, 3, { everyMs: 10_000 });
  loop.died(25_000, { kind: 'boot-failure', served: 0 });
  expect(loop.crashesLastMinute(30_000)).toBe(3);
  expect(loop.crashesLastMinute(65_000)).toBe(2);
  expect(loop.crashesLastMinute(90_000)).toBe(0);
});
