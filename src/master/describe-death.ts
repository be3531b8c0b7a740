// What the log says of a worker that is gone. Pure.

import type { ProcessEnd } from './worker-handle.ts';

export interface Death {
  slot: number;
  pid: number | undefined;
  end: ProcessEnd;
  uptimeMs: number;
  /** Connections that it had finished. */
  served: number;
  /** Connections that it had begun and not finished: they died with it. */
  lost: number;
}

/** Returns one sentence: who, how, after how long, and what was lost. */
export function describeDeath({ slot, pid, end, uptimeMs, served, lost }: Death): string {
  const who = `worker ${slot} (pid ${pid ?? 'none'})`;
  const age = `after ${(uptimeMs / 1000).toFixed(1)} s`;
  const doing = lost === 0 ? 'idle' : `while serving ${count(lost, 'request')}`;
  return `${who} ${describeEnd(end)} ${age}, ${doing}, ${count(served, 'request')} served`;
}

export function describeEnd({ code, signal, error }: ProcessEnd): string {
  if (error !== undefined) return `could not be started: ${error.message}`;
  if (signal !== null) return `was killed by ${signal}`;
  return `exited with code ${code}`;
}

/** `1 request`, `2 requests`. */
export function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}
