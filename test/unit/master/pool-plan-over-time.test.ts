import { array, assert, constantFrom, nat, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlannedWorker, PoolLimits } from '../../../src/master/pool-plan.ts';
import { planPool } from '../../../src/master/pool-plan.ts';

const LIMITS: PoolLimits = {
  min: 2,
  spare: 1,
  max: 4,
  idleTimeout: 50,
  maxBooting: 2,
  replacing: 1,
  maxProcesses: 100,
};

/** What can happen to a pool; most of it concerns one of its workers. */
const EVENTS = [
  'boot',
  'boot',
  'fail',
  'work',
  'work',
  'rest',
  'gone',
  'crash',
  'leave',
  'wear',
  'tire',
  'reload',
  'try',
];

/** A pool of which every plan is carried out. */
class Pool {
  workers: PlannedWorker[] = [...Array(LIMITS.max).keys()].map((slot) => ({
    slot,
    state: 'ready',
    idleSince: undefined,
  }));
  now = 1_000;
  /** Nobody knows yet whether what is not outdated boots. */
  isTrial = false;
  readonly limits: PoolLimits;

  constructor(limits: PoolLimits) {
    this.limits = limits;
  }

  step(demand: number): void {
    this.now += 10;
    const { now, workers, isTrial } = this;
    const plan = planPool({ now, workers, demand, isTrial }, this.limits);
    this.#requireRestingFirst(plan.replace);
    this.workers = this.workers.map((worker) => {
      const mustLeave = [...plan.replace, ...plan.retire, ...plan.excess].includes(worker.slot);
      if (mustLeave) return { ...worker, state: 'draining', idleSince: undefined };
      return worker.state === 'ready' ? { ...worker, isReplacement: false } : worker;
    });
    for (let i = 0; i < plan.spawn + plan.spawnReplacements; i++) {
      const taken = this.workers.map(({ slot }) => slot);
      const slot = [...Array(100).keys()].find((free) => !taken.includes(free)) ?? -1;
      const isReplacement = i >= plan.spawn;
      this.workers.push({ slot, state: 'booting', idleSince: this.now, isReplacement });
    }
  }

  /** Nobody who serves gives way while one is there that does not. */
  #requireRestingFirst(replaced: readonly number[]): void {
    const ready = this.workers.filter(({ state }) => state === 'ready');
    const serving = ready.filter(({ slot, isResting }) => replaced.includes(slot) && !isResting);
    const kept = ready.filter(({ slot, isResting }) => isResting && !replaced.includes(slot));
    if (serving.length > 0 && kept.length > 0) throw new Error('one that rests is kept');
  }

  happen(event: string, choice: number): void {
    if (event === 'reload' || event === 'try') {
      if (this.isTrial) return;
      this.isTrial = event === 'try';
      this.workers = this.workers.map((one) => ({ ...one, outdated: 'older' }));
      return;
    }
    const chosen = this.workers[choice % Math.max(1, this.workers.length)];
    if (chosen === undefined) return;
    const isTried = this.isTrial && chosen.state === 'booting' && chosen.outdated === undefined;
    if (isTried && event === 'fail') return this.#abandon();
    if (isTried && event === 'boot') this.isTrial = false;
    const change = this.#change(chosen, event);
    if (change === 'gone') this.workers = this.workers.filter((one) => one !== chosen);
    else this.workers = this.workers.map((one) => (one === chosen ? { ...one, ...change } : one));
  }

  /** What was tried does not boot: it is gone, and the others may stay. */
  #abandon(): void {
    this.isTrial = false;
    this.workers = this.workers
      .filter(({ state, outdated }) => outdated !== undefined || state === 'draining')
      .map((one) => ({ ...one, outdated: one.isResting === true ? 'worn' : undefined }));
  }

  #change(worker: PlannedWorker, event: string): Partial<PlannedWorker> | 'gone' {
    const { state } = worker;
    if (event === 'boot' && state === 'booting') return { state: 'ready', idleSince: this.now };
    if (event === 'fail' && state === 'booting') return 'gone';
    if (event === 'gone' && state === 'draining') return 'gone';
    if (state !== 'ready') return {};
    if (event === 'work') return { idleSince: undefined };
    if (event === 'rest') return worker.isResting === true ? {} : { idleSince: this.now };
    if (event === 'crash') return 'gone';
    if (event === 'leave') return { state: 'draining', idleSince: undefined };
    if (event === 'tire') {
      return { outdated: worker.outdated ?? 'worn', isResting: true, idleSince: undefined };
    }
    if (event === 'wear') return { outdated: worker.outdated ?? 'worn' };
    return {};
  }
}

const happening = record({
  event: constantFrom(...EVENTS),
  choice: nat(20),
  demand: nat(2),
});

describe('a pool that is planned', () => {
  it.each([1, 2])('has at most %i processes beyond its maximum, whatever happens', (replacing) => {
    assert(
      property(array(happening, { maxLength: 60 }), (happenings) => {
        const pool = new Pool({ ...LIMITS, replacing });
        let isReloading = false;
        for (const { event, choice, demand } of happenings) {
          pool.step(demand);
          expect(pool.workers.length).toBeLessThanOrEqual(LIMITS.max + replacing);
          // The next reload waits for the end of the one before.
          isReloading = pool.workers.some(({ outdated }) => outdated === 'older');
          if (!['reload', 'try'].includes(event) || !isReloading) pool.happen(event, choice);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gets rid of everything that is outdated', () => {
    assert(
      property(array(happening, { maxLength: 30 }), (happenings) => {
        const pool = new Pool(LIMITS);
        for (const { event, choice, demand } of happenings) {
          pool.step(demand);
          pool.happen(event, choice);
        }
        for (let i = 0; i < 60; i++) {
          pool.step(0);
          for (const slot of pool.workers.keys()) pool.happen('boot', slot);
          for (const slot of [...pool.workers.keys()].toReversed()) pool.happen('gone', slot);
        }
        expect(pool.workers.filter(({ outdated }) => outdated !== undefined)).toEqual([]);
        expect(pool.workers.length).toBeGreaterThanOrEqual(LIMITS.min);
      }),
    );
  });

  it('comes to know whether what is tried boots, whatever else it is about', () => {
    assert(
      property(array(happening, { maxLength: 30 }), (happenings) => {
        const pool = new Pool({ ...LIMITS, min: 0, spare: 0 });
        for (const { event, choice, demand } of happenings) {
          pool.step(demand);
          pool.happen(event, choice);
        }
        if (!pool.isTrial) pool.happen('try', 0);
        // In an empty pool, too, that wants no worker.
        if (pool.workers.length % 2 === 0) pool.workers = [];
        for (let i = 0; i < 10 && pool.isTrial; i++) {
          pool.step(0);
          for (const slot of pool.workers.keys()) pool.happen('boot', slot);
          for (const slot of [...pool.workers.keys()].toReversed()) pool.happen('gone', slot);
        }
        expect(pool.isTrial).toBe(false);
      }),
    );
  });
});
