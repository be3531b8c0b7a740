// What the figures of a server amount to: the facts that its judgement and its explanation share. Pure.

import { parseDuration } from '../config/units.ts';
import type { ServerEvent, ServerStatus, WorkerStatus } from './server-status.ts';

export interface Situation {
  /** Workers by what they are up to. */
  counts: Record<WorkerStatus['state'], number>;
  /** Workers that take connections. */
  ready: WorkerStatus[];
  /** Those of them that could take another one now. */
  free: number;
  /** Connections that no worker has begun, as far as is known. */
  waiting: number;
  /** Workers run, and not one of them could take another connection. */
  isSaturated: boolean;
  /** As many workers take connections as there may be. */
  isFull: boolean;
  /** Workers run a request though its time is over, or do not die. */
  stuck: WorkerStatus[];
  /** Crashes and failed boots of the last minute. */
  deaths: ServerEvent[];
  /** They are no accident any more. */
  isCrashLoop: boolean;
  /** The share of the requests that fail, if it is worth a look. */
  failing: number | undefined;
  /** Workers of generations that a newer one replaces. */
  older: number;
  /** Workers that take their place and are ready. */
  fresh: number;
  /** The last reload did not come to anything. */
  failedReload: ServerEvent | undefined;
}

/** Deaths within this time belong together, milliseconds. */
const LATELY_MS = 60_000;
/** So many of them are no accident. */
const CRASH_LOOP = 3;
/** A share of failed requests from here on is worth a look, as soon as there are some in a second. */
const FAILING_SHARE = 0.05;
const FAILING_PER_SECOND = 0.2;

/** The clock of the server when it told its status, Unix milliseconds. */
export function now({ startedAt, uptimeMs }: ServerStatus): number {
  return startedAt + uptimeMs;
}

/** Looks at a status as a whole. */
export function assess(status: ServerStatus): Situation {
  const { workers, limits } = status;
  const ready = workers.filter(({ state }) => state === 'idle' || state === 'busy');
  const free = ready.filter(({ running }) => running < limits.concurrency).length;
  const deaths = deathsLately(status);
  return {
    counts: countStates(workers),
    ready,
    free,
    waiting: waitingConnections(status),
    isSaturated: ready.length > 0 && free === 0,
    isFull: ready.length >= limits.maxWorkers,
    stuck: findStuck(status),
    deaths,
    // Where attempts are far between there are few of them in a minute, and the server still calls it a loop.
    isCrashLoop: status.health.isCrashLoop || deaths.length >= CRASH_LOOP,
    failing: failingShare(status),
    ...findGenerations(status, ready),
    failedReload: failedReload(status.events),
  };
}

function countStates(workers: readonly WorkerStatus[]): Situation['counts'] {
  const counts = { busy: 0, idle: 0, booting: 0, draining: 0, killed: 0 };
  for (const { state } of workers) counts[state]++;
  return counts;
}

/** The native dispatcher leaves connections in the kernel's queue, and counts them as one itself. */
export function waitingConnections({ dispatch, listeners, waiting }: ServerStatus): number {
  const inBacklogs = listeners.reduce((sum, { backlog }) => sum + (backlog ?? 0), 0);
  return dispatch === 'native' ? Math.max(inBacklogs, waiting) : inBacklogs + waiting;
}

function findStuck({ workers, options }: ServerStatus): WorkerStatus[] {
  const limit = durationOf(options['requestTimeout']?.value);
  return workers.filter(
    ({ state, current }) => state === 'killed' || (current !== null && current.ageMs > limit),
  );
}

/** An option that is off, or that this program does not know, limits nothing. */
function durationOf(text: string | undefined): number {
  try {
    return text === undefined ? Infinity : parseDuration(text);
  } catch {
    return Infinity;
  }
}

function deathsLately(status: ServerStatus): ServerEvent[] {
  const since = now(status) - LATELY_MS;
  return status.events.filter(
    ({ type, at }) => (type === 'crash' || type === 'boot-failure') && at > since,
  );
}

/** The newest generation is in force only when one of its workers is ready. */
function findGenerations(
  { workers, generation: present }: ServerStatus,
  ready: readonly WorkerStatus[],
): Pick<Situation, 'older' | 'fresh'> {
  const newest = Math.max(present, ...workers.map(({ generation }) => generation));
  const older = workers.filter(({ generation }) => generation < newest).length;
  const fresh = ready.filter(({ generation }) => generation === newest).length;
  return { older, fresh: older === 0 ? 0 : fresh };
}

function failingShare({ rates }: ServerStatus): number | undefined {
  if (rates === undefined || rates.errorsPerSecond < FAILING_PER_SECOND) return undefined;
  const share = rates.errorsPerSecond / Math.max(rates.requestsPerSecond, rates.errorsPerSecond);
  return share < FAILING_SHARE ? undefined : share;
}

function failedReload(events: readonly ServerEvent[]): ServerEvent | undefined {
  const last = events.findLast(({ type }) => type === 'reload' || type === 'reload-failed');
  return last?.type === 'reload-failed' ? last : undefined;
}
