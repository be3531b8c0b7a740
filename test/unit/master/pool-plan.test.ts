import { describe, expect, it } from 'vitest';
import type { PlannedWorker, PoolLimits } from '../../../src/master/pool-plan.ts';
import { planPool } from '../../../src/master/pool-plan.ts';

const limits: PoolLimits = {
  min: 1,
  spare: 1,
  max: 5,
  idleTimeout: 1_000,
  maxBooting: 2,
  replacing: 1,
  maxProcesses: 8,
};
const NOW = 10_000;

const WORKERS: Record<string, (slot: number) => Omit<PlannedWorker, 'slot'>> = {
  // Booting; for the place of another.
  b: () => ({ state: 'booting', idleSince: NOW }),
  B: () => ({ state: 'booting', idleSince: NOW, isReplacement: true }),
  // Idle for a moment, or for long (older first); just ready, for the place of another.
  i: () => ({ state: 'ready', idleSince: NOW - 10 }),
  o: (slot) => ({ state: 'ready', idleSince: slot }),
  I: () => ({ state: 'ready', idleSince: NOW, isReplacement: true }),
  // Busy.
  x: () => ({ state: 'ready', idleSince: undefined }),
  // Draining; to make room for another.
  d: () => ({ state: 'draining', idleSince: undefined }),
  r: () => ({ state: 'draining', idleSince: undefined, outdated: 'older' }),
  w: () => ({ state: 'draining', idleSince: undefined, outdated: 'worn' }),
  // Of an older generation: idle, busy, booting.
  1: () => ({ state: 'ready', idleSince: NOW - 10, outdated: 'older' }),
  2: () => ({ state: 'ready', idleSince: undefined, outdated: 'older' }),
  3: () => ({ state: 'booting', idleSince: NOW, outdated: 'older' }),
  // Worn: idle, busy, resting.
  4: () => ({ state: 'ready', idleSince: NOW - 10, outdated: 'worn' }),
  5: () => ({ state: 'ready', idleSince: undefined, outdated: 'worn' }),
  6: () => ({ state: 'ready', idleSince: undefined, outdated: 'worn', isResting: true }),
};

function pool(letters: string): PlannedWorker[] {
  return [...letters].map((letter, slot) => ({ slot, ...WORKERS[letter]!(slot) }));
}

function plan(letters: string, changes: Partial<PoolLimits> = {}, demand: number = 0) {
  return planPool({ now: NOW, workers: pool(letters), demand }, { ...limits, ...changes });
}

/** How many are spawned to see whether they boot, where none is wanted. */
function trial(letters: string): number {
  const view = { now: NOW, workers: pool(letters), demand: 0, isTrial: true };
  return planPool(view, { ...limits, min: 0, spare: 0 }).spawnReplacements;
}

/** Who has to leave since there may be at most so many. */
function excess(letters: string, max: number): number[] {
  return plan(letters, { max }).excess;
}

/** What is to be done about outdated workers: how many to spawn in any case, for their places, and whom to drain. */
function exchange(letters: string, changes: Partial<PoolLimits> = {}) {
  const { spawn, spawnReplacements, replace } = plan(letters, changes);
  return [spawn, spawnReplacements, replace];
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
    ['does not wait for those that are replaced', 'rrrrr', { replacing: Infinity }, 1],
    ['boots all that are wanted beside them', 'rrr', { min: 2, replacing: Infinity }, 2],
    [
      'never exceeds the processes that may be there',
      'rrrrrrrx',
      { min: 5, replacing: Infinity },
      0,
    ],
    ['takes the last place that is left', 'rrrrrrx', { min: 5, replacing: Infinity }, 1],
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
    const nothing = { spawn: 0, spawnReplacements: 0, replace: [], retire: [], excess: [] };
    expect(plan('iii')).toEqual({ ...nothing, checkIn: 990 });
  });

  it('does not look again when nothing is surplus', () => {
    expect(plan('i').checkIn).toBeUndefined();
  });

  it('retires none that serves for one that only boots', () => {
    expect(plan('ob').retire).toEqual([]);
    expect(plan('oob').retire).toEqual([0]);
  });

  it('never retires a busy, booting or draining worker', () => {
    expect(plan('xbd', { min: 0, spare: 0 }).retire).toEqual([]);
  });
});

describe('planPool with outdated workers', () => {
  it.each([
    ['boots one for the first of them', '11111', {}, [0, 1, []]],
    ['boots no second one beside it', '11111B', {}, [0, 0, []]],
    ['gives it a place when it is ready, an idle one first', '2212I', {}, [0, 0, [2]]],
    ['boots the next when the place is empty', '1112i', {}, [0, 1, []]],
    ['and not before', '1112ri', {}, [0, 0, []]],
    ['boots as many at once as are allowed', '11111', { replacing: 3 }, [0, 3, []]],
    ['but no more than there are places', '11iii', { replacing: 3 }, [0, 2, []]],
    ['gives each its place', '111II', { replacing: 3 }, [0, 1, [0, 1]]],
    ['replaces one that still boots before any that serves', '1132I', {}, [0, 0, [2]]],
    ['fills the pool beside it where workers are missing', '22', {}, [1, 1, []]],
    ['counts the pair as one against the maximum', '22222B', {}, [0, 0, []]],
    ['counts a replacement for itself when the other is gone', 'xxxxB', {}, [0, 0, []]],
    ['leaves alone one without anybody to replace', 'xxxxI', {}, [0, 0, []]],
    ['replaces one worn worker at a time', '44xxx', { replacing: 3 }, [0, 1, []]],
    ['also while another is leaving', '4wxxx', { replacing: 3 }, [0, 0, []]],
    ['replaces first who takes no requests any more', '1426I', {}, [0, 0, [3]]],
    ['replaces older ones before worn ones', '452I', {}, [0, 0, [2]]],
    ['does not take one that rests for a spare one', '6', { max: 2 }, [1, 1, []]],
    ['needs room for a replacement', '1111111x', { max: 8 }, [0, 0, []]],
  ])('%s', (_title, letters, changes, expected) => {
    expect(exchange(letters, changes)).toEqual(expected);
  });

  it('boots one to see whether it does, though nothing is wanted', () => {
    expect(['', '1', 'r', 'B', 'i'].map(trial)).toEqual([1, 1, 0, 0, 0]);
  });

  it('replaces nothing where that is not allowed', () => {
    expect(exchange('1456', { replacing: 0 })).toEqual([0, 0, []]);
  });

  it('has those leave that are more than there may be, whose absence costs least first', () => {
    expect(excess('xxiox', 3)).toEqual([2, 3]);
    expect(excess('xxbix', 3)).toEqual([2, 3]);
    expect(excess('xi2x', 3)).toEqual([2]);
    expect(excess('xxx1B', 3)).toEqual([3]);
    // The new code may not load: what serves stays.
    expect(excess('2bB', 1)).toEqual([1]);
    expect(excess('xbbi', 2)).toEqual([1, 2]);
    expect(excess('xxxd', 3)).toEqual([]);
  });
});
