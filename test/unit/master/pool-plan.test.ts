import { describe, expect, it } from 'vitest';
import type { PlannedWorker, PoolLimits } from '../../../src/master/pool-plan.ts';
import { planPool } from '../../../src/master/pool-plan.ts';

const limits: PoolLimits = {
  min: 1,
  spare: 1,
  max: 5,
  idleTimeout: 1_000,
  maxBooting: 2,
  maxProcesses: 8,
};
const NOW = 10_000;

/** `b` booting, `i` idle for 10 ms, `o` idle for long (older first), `x` busy, `d` draining, `r` draining, and replaced. */
function pool(letters: string): PlannedWorker[] {
  return [...letters].map((letter, slot): PlannedWorker => {
    const isReplaced = letter === 'r';
    if (letter === 'b') return { slot, state: 'booting', idleSince: NOW, isReplaced };
    if (letter === 'd' || isReplaced) {
      return { slot, state: 'draining', idleSince: undefined, isReplaced };
    }
    if (letter === 'x') return { slot, state: 'ready', idleSince: undefined, isReplaced };
    return { slot, state: 'ready', idleSince: letter === 'o' ? slot : NOW - 10, isReplaced };
  });
}

function plan(letters: string, changes: Partial<PoolLimits> = {}, demand: number = 0) {
  return planPool({ now: NOW, workers: pool(letters), demand }, { ...limits, ...changes });
}

describe('planPool', () => {
  it.each([
    ['starts the minimum', '', { min: 2 }, 2],
    ['starts the spare worker when the minimum is zero', '', { min: 0 }, 1],
    ['starts nothing when neither is asked for', '', { min: 0, spare: 0 }, 0],
    ['boots a spare worker when the only one is busy', 'x', {}, 1],
    ['counts a booting worker as the spare one', 'xb', {}, 0],
    ['is content with one idle worker', 'xi', {}, 0],
    ['never exceeds the maximum', 'xxxxx', {}, 0],
    ['does not exceed the maximum while one drains', 'xxxxd', {}, 0],
    ['replaces one that drains below the maximum', 'xxd', {}, 1],
    ['boots no more at once than allowed', '', { min: 5 }, 2],
    ['counts those that boot already', 'b', { min: 5 }, 1],
    ['boots several spare workers', 'x', { spare: 3 }, 2],
    ['does not wait for those that are replaced', 'rrrrr', {}, 1],
    ['boots all that are wanted beside them', 'rrr', { min: 2 }, 2],
    ['never exceeds the processes that may be there', 'rrrrrrrx', { min: 5 }, 0],
    ['takes the last place that is left', 'rrrrrrx', { min: 5 }, 1],
  ])('%s', (_title, letters, changes, spawn) => {
    expect(plan(letters, changes).spawn).toBe(spawn);
  });

  it('grows by demand when there is no spare worker', () => {
    expect(plan('', { min: 0, spare: 0 }, 1).spawn).toBe(1);
    expect(plan('x', { spare: 0 }, 1).spawn).toBe(1);
    expect(plan('x', { spare: 0 }, 9).spawn).toBe(2);
    expect(plan('xxxxx', { spare: 0 }, 9).spawn).toBe(0);
  });

  it('asks for no second worker for the connection that a booting one will serve', () => {
    expect(plan('xb', { spare: 0 }, 1).spawn).toBe(0);
  });

  it('retires surplus workers that were idle for too long, the longest idle first', () => {
    expect(plan('oooo').retire).toEqual([0, 1, 2]);
    expect(plan('xooo', { min: 3 }).retire).toEqual([1]);
  });

  it('keeps surplus workers that were idle for a short time, and says when to look again', () => {
    expect(plan('iii')).toEqual({ spawn: 0, retire: [], checkIn: 990 });
  });

  it('does not look again when nothing is surplus', () => {
    expect(plan('i')).toEqual({ spawn: 0, retire: [] });
  });

  it('never retires a busy, booting or draining worker', () => {
    expect(plan('xbd', { min: 0, spare: 0 }).retire).toEqual([]);
  });
});
