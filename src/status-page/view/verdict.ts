// Whether all is well, in a line. Pure.

import type { ServerEvent, ServerStatus, WorkerStatus } from '../../ops/server-status.ts';
import { formatCount, formatDuration, formatNumber, formatShare, plural } from './format.ts';
import type { PageState } from './page-state.ts';

/** Decides colour and shape. */
export type VerdictLevel = 'good' | 'changing' | 'warning' | 'bad' | 'lost';

export interface Verdict {
  readonly level: VerdictLevel;
  /** A few words that stay the same for as long as the situation does. */
  readonly headline: string;
  /** Figures that go with it. */
  readonly detail: string;
  /** What explains it; empty: nothing needs to be explained. */
  readonly reason: string;
}

/** So many deaths within so many milliseconds are no accident any more. */
const LOOP_DEATHS = 3;
const LOOP_MS = 60_000;
/** A share of failed requests above this is worth a look, as soon as there are some. */
const FAILING_SHARE = 0.05;
const FAILING_PER_SECOND = 0.2;

export function judge(status: ServerStatus, { lost }: PageState): Verdict {
  if (lost !== undefined) return notAnswering(lost.reason);
  if (status.phase === 'stopping') return stopping(status);
  return (
    crashLoop(status) ??
    reloading(status) ??
    withoutWorkers(status) ??
    saturated(status) ??
    failing(status) ??
    recentDeath(status) ??
    wellEnough(status)
  );
}

/** Connections that no worker has yet: at the dispatcher, and in the kernel's queues. */
export function waitingConnections({ waiting, listeners }: ServerStatus): number {
  return listeners.reduce((sum, { backlog }) => sum + (backlog ?? 0), waiting);
}

function notAnswering(reason: string): Verdict {
  const detail = 'what you see below is old';
  return { level: 'lost', headline: 'Not answering', detail, reason };
}

function stopping({ workers }: ServerStatus): Verdict {
  const detail = `${plural(workers.length, 'worker')} still there`;
  return { level: 'changing', headline: 'Stopping', detail, reason: '' };
}

function crashLoop(status: ServerStatus): Verdict | undefined {
  const deaths = recentDeaths(status);
  if (deaths.length < LOOP_DEATHS) return undefined;
  const detail = `${plural(deaths.length, 'worker')} died within a minute`;
  return { level: 'bad', headline: 'Crash loop', detail, reason: deaths.at(-1)?.message ?? '' };
}

function reloading({ phase, workers, generation }: ServerStatus): Verdict | undefined {
  if (phase !== 'reloading') return undefined;
  const fresh = workers.filter((worker) => worker.generation > generation && isReady(worker));
  const detail = `${fresh.length} of ${plural(workers.length, 'worker')} new`;
  return { level: 'changing', headline: 'Reloading', detail, reason: '' };
}

function withoutWorkers(status: ServerStatus): Verdict | undefined {
  const { workers, limits } = status;
  if (workers.some(isReady)) return undefined;
  const waiting = waitingConnections(status);
  if (workers.length > 0 || waiting > 0) {
    const detail = waiting > 0 ? waitText(waiting) : 'the first worker boots';
    return { level: 'changing', headline: 'Starting', detail, reason: '' };
  }
  if (limits.minWorkers > 0) {
    return { level: 'bad', headline: 'No worker', detail: 'nothing can be answered', reason: '' };
  }
  const detail = 'no worker runs; the first connection boots one';
  return { level: 'good', headline: 'All is well', detail, reason: '' };
}

function saturated(status: ServerStatus): Verdict | undefined {
  const { workers, limits } = status;
  const full = workers.filter(({ running }) => running >= limits.concurrency);
  if (full.length < limits.maxWorkers) return undefined;
  const waiting = waitingConnections(status);
  const busy = `all ${plural(full.length, 'worker')} busy`;
  if (waiting === 0) {
    const detail = `${busy}, nothing waits`;
    return { level: 'warning', headline: 'At the limit', detail, reason: longest(full) };
  }
  const detail = `${busy}, ${waitText(waiting)}`;
  return { level: 'bad', headline: 'Saturated', detail, reason: longest(full) };
}

function failing({ rates }: ServerStatus): Verdict | undefined {
  if (rates === undefined || rates.errorsPerSecond < FAILING_PER_SECOND) return undefined;
  const share = rates.errorsPerSecond / Math.max(rates.requestsPerSecond, rates.errorsPerSecond);
  if (share < FAILING_SHARE) return undefined;
  const count = `${formatNumber(rates.errorsPerSecond)} a second`;
  const detail = `${formatShare(share)} of the requests, ${count}`;
  return { level: 'warning', headline: 'Requests fail', detail, reason: '' };
}

function recentDeath(status: ServerStatus): Verdict | undefined {
  const last = recentDeaths(status).at(-1);
  if (last === undefined) return undefined;
  const detail = busyText(status);
  return { level: 'warning', headline: 'A worker died', detail, reason: last.message };
}

function wellEnough(status: ServerStatus): Verdict {
  const waiting = waitingConnections(status);
  const queue = waiting === 0 ? 'Nothing waits' : `${waitText(waiting)} for a moment`;
  const reason = `${queue}. ${lastDeath(status)}`;
  return { level: 'good', headline: 'All is well', detail: busyText(status), reason };
}

function lastDeath({ events, startedAt, uptimeMs }: ServerStatus): string {
  const death = events.findLast(isDeath);
  if (death === undefined) return 'No worker has died lately.';
  return `The last worker died ${formatDuration(startedAt + uptimeMs - death.at)} ago.`;
}

function recentDeaths({ events, startedAt, uptimeMs }: ServerStatus): ServerEvent[] {
  const since = startedAt + uptimeMs - LOOP_MS;
  return events.filter((event) => event.at > since && isDeath(event));
}

function isDeath({ type }: ServerEvent): boolean {
  return type === 'crash' || type === 'boot-failure';
}

function busyText({ workers, limits }: ServerStatus): string {
  const busy = workers.filter(({ running }) => running > 0).length;
  return `${busy} of ${plural(limits.maxWorkers, 'worker')} busy`;
}

function waitText(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'connection waits' : 'connections wait'}`;
}

function longest(workers: readonly WorkerStatus[]): string {
  const oldest = workers.toSorted((a, b) => age(b) - age(a))[0];
  if (oldest?.current == null) return '';
  const { method, uri, ageMs } = oldest.current;
  return `Longest: ${method} ${uri}, ${formatDuration(ageMs)}, worker ${oldest.slot}`;
}

function age({ current }: WorkerStatus): number {
  return current?.ageMs ?? -1;
}

function isReady({ state }: WorkerStatus): boolean {
  return state === 'idle' || state === 'busy';
}
