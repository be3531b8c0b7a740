// How many workers there should be, and which of them have to go: compares the pool with what is wanted. Pure.

import type { WorkerState } from './worker-state.ts';
import { isLive } from './worker-state.ts';

export interface PoolLimits {
  min: number;
  /** Idle workers kept ahead of need. */
  spare: number;
  max: number;
  /** Idle time after which a surplus worker is retired, milliseconds. */
  idleTimeout: number;
  /** Most workers that boot at once because they are missing. */
  maxBooting: number;
  /** Most workers of an older generation that are replaced at once; of worn ones it is never more than one. None: 0. */
  replacing: number;
  /** Most worker processes at any time, those that are being replaced included. */
  maxProcesses: number;
}

/** One worker, as the plan sees it. */
export interface PlannedWorker {
  slot: number;
  state: WorkerState;
  /** Since when it runs nothing and could take a request, milliseconds; `undefined` otherwise. */
  idleSince: number | undefined;
  /**
   * Another has to take its place, and while that happens both may be there: it is of an older generation, or
   * it has served for long enough. Absent: it may stay.
   */
  outdated?: 'older' | 'worn' | undefined;
  /** Worn, and takes no requests any more. */
  isResting?: boolean;
  /** Spawned for the place of an outdated one, and has not been given it yet. */
  isReplacement?: boolean;
}

export interface PoolView {
  now: number;
  workers: readonly PlannedWorker[];
  /** Connections that wait while no worker is idle. */
  demand: number;
  /** Whether there has to be a worker that is not outdated, wanted or not: to see that it boots. */
  isTrial?: boolean;
}

export interface PoolPlan {
  /** How many workers to spawn now. */
  spawn: number;
  /** How many to spawn beside them, each for the place of an outdated one. */
  spawnReplacements: number;
  /** Slots of outdated workers to drain: there is one for the place of each. */
  replace: number[];
  /** Slots of workers to drain: surplus, and idle for too long. */
  retire: number[];
  /** Slots of workers to drain: more than there may be. */
  excess: number[];
  /** Milliseconds until the plan may change by the passing of time alone; absent: it does not. */
  checkIn?: number;
}

/** Plans the next step towards the pool that `limits` and the load ask for. */
export function planPool(view: PoolView, limits: PoolLimits): PoolPlan {
  const replace = planReplacement(view.workers);
  const workers = view.workers.map((worker) => afterwards(worker, replace));
  const pool = tally(workers);
  const floor = Math.min(limits.max, Math.max(limits.min, pool.busy + limits.spare));
  const grown = Math.min(limits.max, pool.busy + pool.idle.length + view.demand);
  const atOnce = Math.min(limits.replacing, pool.isOlder ? Infinity : 1);
  const most = limits.max - pool.leaving - Math.max(0, pool.pairs - atOnce);
  const missing = Math.min(Math.max(floor, grown), most) - pool.size;
  const room = limits.maxProcesses - workers.length;
  const spawn = Math.max(0, Math.min(missing, limits.maxBooting - pool.booting, room));

  const isUnproven = view.isTrial === true && pool.live === pool.outdated && spawn === 0;
  const places = Math.max(pool.outdated - pool.arriving, isUnproven ? 1 : 0);
  const allowed = Math.min(
    atOnce - pool.arriving - pool.givingWay,
    limits.max + atOnce - workers.length - spawn,
    room - spawn,
  );
  const spawnReplacements = Math.max(0, Math.min(places, allowed));

  const excess = planExcess(workers, pool.size - limits.max);
  const idle = pool.idle.filter(({ slot }) => !excess.includes(slot));
  // Those that boot serve nobody yet: as long as they are needed none retires for them.
  const serving = workers.filter(({ state, slot }) => state === 'ready' && !excess.includes(slot));
  const surplus = Math.min(pool.size - excess.length, serving.length) - floor;
  const retirement = planRetirement(view.now, idle, { surplus, limits });
  return { spawn, spawnReplacements, replace, excess, ...retirement };
}

interface Tally {
  /** Booting or ready. */
  live: number;
  /** The same, but one that boots for the place of another counts once together with it. */
  size: number;
  /** How many are there though another counts for them. */
  pairs: number;
  booting: number;
  busy: number;
  idle: readonly PlannedWorker[];
  /** Live, and to be replaced. */
  outdated: number;
  /** Some are of an older generation. */
  isOlder: boolean;
  /** Booting for the place of an outdated one. */
  arriving: number;
  /** Outdated and leaving: another may be there beside it. */
  givingWay: number;
  /** Leaving otherwise. It may still run a request: --max-workers is a promise about it, too. */
  leaving: number;
}

function tally(workers: readonly PlannedWorker[]): Tally {
  const live = workers.filter(({ state }) => isLive(state));
  const outdated = live.filter(isOutdated).length;
  const arriving = live.filter(({ isReplacement }) => isReplacement === true).length;
  const paired = Math.min(arriving, outdated);
  const ready = live.filter(({ state }) => state === 'ready');
  const idle = ready.filter(({ idleSince }) => idleSince !== undefined);
  const givingWay = workers.filter((one) => isOutdated(one) && !isLive(one.state)).length;
  return {
    live: live.length,
    size: live.length - paired,
    pairs: paired + givingWay,
    booting: live.length - ready.length,
    busy: ready.length - idle.length,
    idle,
    outdated,
    isOlder: workers.some((worker) => worker.outdated === 'older'),
    arriving,
    givingWay,
    leaving: workers.length - live.length - givingWay,
  };
}

function isOutdated({ outdated }: PlannedWorker): boolean {
  return outdated !== undefined;
}

/** The worker as it will be when those that are replaced have been told. */
function afterwards(worker: PlannedWorker, replaced: readonly number[]): PlannedWorker {
  if (replaced.includes(worker.slot)) return { ...worker, state: 'draining', idleSince: undefined };
  return worker.state === 'ready' ? { ...worker, isReplacement: false } : worker;
}

/** Each that has become ready for the place of another takes it: whose absence costs least. */
function planReplacement(workers: readonly PlannedWorker[]): number[] {
  const arrived = workers.filter((one) => one.state === 'ready' && one.isReplacement === true);
  return workers
    .filter((worker) => isOutdated(worker) && isLive(worker.state))
    .sort((a, b) => costOfAbsence(a) - costOfAbsence(b))
    .slice(0, arrived.length)
    .map(({ slot }) => slot);
}

function costOfAbsence({ isResting, outdated, idleSince, state }: PlannedWorker): number {
  if (isResting === true || state === 'booting') return 0;
  return (outdated === 'older' ? 1 : 3) + (idleSince === undefined ? 1 : 0);
}

/** There are more than there may be since that was changed: who would have to go anyway goes first. */
function planExcess(workers: readonly PlannedWorker[], count: number): number[] {
  if (count <= 0) return [];
  const value = (worker: PlannedWorker): number => {
    // Whether it ever serves is not known. One for the place of another counts once together with that.
    if (worker.state === 'booting' && worker.isReplacement !== true) return -1;
    return isOutdated(worker) ? costOfAbsence(worker) : 5 + costOfAbsence(worker);
  };
  return workers
    .filter(({ state }) => isLive(state))
    .sort((a, b) => value(a) - value(b))
    .slice(0, count)
    .map(({ slot }) => slot);
}

function planRetirement(
  now: number,
  idle: readonly PlannedWorker[],
  { surplus, limits }: { surplus: number; limits: PoolLimits },
): { retire: number[]; checkIn?: number } {
  if (surplus <= 0) return { retire: [] };
  const longestIdle = idle
    .map(({ slot, idleSince = now }) => ({ slot, left: idleSince + limits.idleTimeout - now }))
    .sort((a, b) => a.left - b.left)
    .slice(0, surplus);
  const retire = longestIdle.filter(({ left }) => left <= 0).map(({ slot }) => slot);
  const next = longestIdle.find(({ left }) => left > 0);
  return next === undefined ? { retire } : { retire, checkIn: next.left };
}
