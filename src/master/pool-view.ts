// The pool as its plan sees it: workers and limits, and nothing of processes. Pure.

import { availableParallelism } from 'node:os';
import type { WorkerLoad } from '../dispatch/dispatcher.ts';
import type { PlannedWorker, PoolLimits, PoolPlan } from './pool-plan.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** Whether the pool serves, or only finishes what waits. */
export type PoolGoal = 'serve' | 'finish';

/** Limits as the settings have them. */
export type GivenLimits = Omit<PoolLimits, 'maxBooting' | 'maxProcesses'>;

/** @param newest - number of the generation that workers are replaced by */
export function viewWorker(
  worker: WorkerHandle,
  load: WorkerLoad | undefined,
  newest: number,
): PlannedWorker {
  const { slot, state, generation, isReplacement, worn } = worker;
  const isResting = worn?.isResting === true;
  const idleSince = isResting ? undefined : load?.idleSince;
  const aged = worn === undefined ? undefined : 'worn';
  const outdated = generation === newest ? aged : 'older';
  return { slot, state, idleSince, outdated, isReplacement, isResting };
}

/** @param bounds - most workers by now, and most processes */
export function limitsFor(
  goal: PoolGoal,
  given: GivenLimits,
  bounds: { max: number; maxProcesses: number },
): PoolLimits {
  const min = Math.min(given.min, bounds.max);
  const spare = Math.min(given.spare, bounds.max);
  const limits = { ...given, ...bounds, min, spare, maxBooting: availableParallelism() };
  return goal === 'serve' ? limits : { ...limits, min: 0, spare: 0, replacing: 0 };
}

/** Whether workers are wanted that are not there, or not ready yet; what is only tried is none of them. */
export function isShort(
  { spawn, spawnReplacements }: PoolPlan,
  workers: readonly PlannedWorker[],
  isTrial: boolean,
): boolean {
  const isServices = ({ outdated }: PlannedWorker): boolean => !isTrial || outdated === 'older';
  const isBooting = workers.some((one) => one.state === 'booting' && isServices(one));
  return isBooting || spawn > 0 || (spawnReplacements > 0 && !isTrial);
}
