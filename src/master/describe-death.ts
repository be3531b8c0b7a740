// What the log says of a worker that is gone. Pure.

import { count } from '../count.ts';
import type { LifeWork } from '../dispatch/dispatcher.ts';
import type { ProcessEnd } from './worker-handle.ts';

export interface Death extends LifeWork {
  slot: number;
  pid: number | undefined;
  end: ProcessEnd;
  uptimeMs: number;
  /** Milliseconds of `performance.now()`. */
  now: number;
}

/** Returns one sentence: who, how, after how long, and what was lost. */
export function describeDeath(death: Death): string {
  const { slot, pid, end, uptimeMs, served } = death;
  const who = `worker ${slot} (pid ${pid ?? 'none'})`;
  const how = `${describeEnd(end)} after ${seconds(uptimeMs)}`;
  return `${who} ${how}, ${describeWork(death)}, ${count(served, 'request')} served`;
}

function describeWork({ lost, current, now }: Death): string {
  if (lost === 0) return 'idle';
  const all = `while serving ${count(lost, 'request')}`;
  if (current === undefined) return all;
  const { method, uri, id, startedAt } = current;
  const name = id === undefined ? '' : ` (request ${id})`;
  const oldest = `${method} ${uri} for ${seconds(now - startedAt)}${name}`;
  return lost === 1 ? `while serving ${oldest}` : `${all}, the oldest ${oldest}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export function describeEnd({ code, signal, error }: ProcessEnd): string {
  if (error !== undefined) return `could not be started: ${error.message}`;
  if (signal !== null) return `was killed by ${signal}`;
  return `exited with code ${code}`;
}
