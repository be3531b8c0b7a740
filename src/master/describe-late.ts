// What the log says of a worker that did not boot, or leave, in its time. Pure.

import { formatDuration } from '../config/units.ts';
import type { RunningRequest } from '../dispatch/activity.ts';
import type { WorkerState } from './worker-state.ts';

/** Milliseconds. */
interface LateTimes {
  /** What the worker had. */
  timeoutMs: number;
  /** As it is set. A worker that leaves has a moment more, for its last answers. */
  gracefulTimeout: number;
  /** Of `performance.now()`. */
  now: number;
}

/** @param current - the request that it runs, if that is known */
export function describeLate(
  { slot, state }: { slot: number; state: WorkerState },
  current: RunningRequest | undefined,
  { timeoutMs, gracefulTimeout, now }: LateTimes,
): string {
  if (state === 'booting') {
    const limit = `--boot-timeout (${formatDuration(timeoutMs)})`;
    return `worker ${slot} did not load its handler within ${limit}: killed`;
  }
  const limit = `--graceful-timeout (${formatDuration(gracefulTimeout)})`;
  const option = timeoutMs > gracefulTimeout ? `, ${limit} and a moment more` : '';
  const what = `worker ${slot} did not finish within ${timeoutMs} ms${option}`;
  if (current === undefined) return `${what}: killed`;
  const age = ((now - current.startedAt) / 1_000).toFixed(1);
  return `${what}, while serving ${current.method} ${current.uri} for ${age} s: killed`;
}
