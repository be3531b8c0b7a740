// How many workers there should be: compares the pool with what is wanted. Pure.

import type { WorkerState } from './worker-state.ts';

export interface PoolLimits {
  min: number;
  /** Idle workers kept ahead of need. */
  spare: number;
  max: number;
  /** Idle time after which a surplus worker is retired, milliseconds. */
  idleTimeout: number;
  /** Most workers that boot at once. */
  maxBooting: number;
  /** Most worker processes at any time, those that are being replaced included. */
  maxProcesses: number;
}

/** One worker, as the plan sees it. */
export interface PlannedWorker {
  slot: number;
  state: WorkerState;
  /** Since when it runs nothing, milliseconds; `undefined` while it runs something. */
  idleSince: number | undefined;
  /** Of an older generation: it finishes what it serves, and another takes its place meanwhile. */
  isReplaced: boolean;
}

export interface PoolView {
  now: number;
  workers: readonly PlannedWorker[];
  /** Connections that wait while no worker is idle. */
  demand: number;
}

export interface PoolPlan {
  /** How many workers to spawn now. */
  spawn: number;
  /** Slots of workers to drain: surplus, and idle for too long. */
  retire: number[];
  /** Milliseconds until the plan may change by the passing of time alone; absent: it does not. */
  checkIn?: number;
}

/** Plans the next step towards the pool that `limits` and the load ask for. */
export function planPool(view: PoolView, limits: PoolLimits): PoolPlan {
  const workers = view.workers.filter(({ isReplaced }) => !isReplaced);
  const booting = workers.filter(({ state }) => state === 'booting').length;
  const ready = workers.filter(({ state }) => state === 'ready');
  const idle = ready.filter(({ idleSince }) => idleSince !== undefined);
  const busy = ready.length - idle.length;
  const live = booting + ready.length;
  // One that is leaving may still run a request: --max-workers is a promise about it, too.
  const leaving = workers.length - live;

  const floor = Math.min(limits.max, Math.max(limits.min, busy + limits.spare));
  const grown = Math.min(limits.max, busy + idle.length + view.demand);
  const missing = Math.min(Math.max(floor, grown), limits.max - leaving) - live;
  const room = Math.min(limits.maxBooting - booting, limits.maxProcesses - view.workers.length);
  const spawn = Math.max(0, Math.min(missing, room));

  return { spawn, ...planRetirement(view.now, idle, { surplus: live - floor, limits }) };
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
