// Whether all is well with a server, in a few words: the same in the status text, in `top` and on the status
// page. Pure; the page has it in the browser, too.

import { count } from '../count.ts';
import { age, formatDuration, formatNumber, percent, waits } from './human.ts';
import type { ServerStatus, WorkerStatus } from './server-status.ts';
import type { Situation } from './situation.ts';
import { assess, now } from './situation.ts';

/**
 * - `good`: nothing to do
 * - `changing`: it passes by itself
 * - `warning`: requests are served, and somebody may want to look
 * - `bad`: somebody has to look
 */
export type Level = 'good' | 'changing' | 'warning' | 'bad';

export interface Judgement {
  readonly level: Level;
  /** A few words that stay the same for as long as the situation does. */
  readonly headline: string;
  /** Figures that go with it. */
  readonly detail: string;
  /** What explains it; empty: nothing needs to be explained. */
  readonly reason: string;
}

type Rule = (status: ServerStatus, situation: Situation) => Judgement | undefined;

/** The worst of what can be said comes first. */
const RULES: readonly Rule[] = [
  judgeStop,
  judgeCrashLoop,
  judgeStuck,
  judgeReload,
  judgeEmptiness,
  judgeSaturation,
  judgeFailures,
  judgeDeath,
  judgeFailedReload,
];

export function judge(status: ServerStatus): Judgement {
  const situation = assess(status);
  for (const rule of RULES) {
    const judgement = rule(status, situation);
    if (judgement !== undefined) return judgement;
  }
  const { waiting } = situation;
  const queue = waiting === 0 ? 'Nothing waits' : `${waits(waiting)} for a moment`;
  return of('good', 'All is well', busyText(status), `${queue}. ${lastDeath(status)}`);
}

function judgeStop({ phase, workers }: ServerStatus): Judgement | undefined {
  if (phase !== 'stopping') return undefined;
  return of('changing', 'Stopping', `${count(workers.length, 'worker')} still there`);
}

function judgeCrashLoop(
  { health }: ServerStatus,
  { isCrashLoop, deaths }: Situation,
): Judgement | undefined {
  if (!isCrashLoop) return undefined;
  const { nextAttemptMs } = health;
  const next = nextAttemptMs > 0 ? `, next attempt in ${formatDuration(nextAttemptMs)}` : '';
  const detail = `${count(deaths.length, 'worker')} died within a minute${next}`;
  return of('bad', 'Crash loop', detail, deaths.at(-1)?.message);
}

function judgeStuck(_status: ServerStatus, { stuck }: Situation): Judgement | undefined {
  if (stuck.length === 0) return undefined;
  const slots = stuck.map(({ slot }) => slot).join(', ');
  const detail = `${stuck.length === 1 ? 'worker' : 'workers'} ${slots}`;
  return of('bad', 'Stuck', detail, longest(stuck));
}

function judgeReload({ phase, workers, generation }: ServerStatus, { ready }: Situation) {
  if (phase !== 'reloading') return undefined;
  const fresh = ready.filter((worker) => worker.generation > generation);
  return of('changing', 'Reloading', `${fresh.length} of ${count(workers.length, 'worker')} new`);
}

function judgeEmptiness(
  { limits }: ServerStatus,
  { ready, counts, waiting }: Situation,
): Judgement | undefined {
  if (ready.length > 0) return undefined;
  if (counts.booting > 0 || waiting > 0) {
    return of('changing', 'Starting', waiting > 0 ? waits(waiting) : 'the first worker boots');
  }
  if (limits.minWorkers > 0) return of('bad', 'No worker', 'nothing can be answered');
  return of('good', 'All is well', 'no worker runs; the first connection boots one');
}

function judgeSaturation(
  _status: ServerStatus,
  { isSaturated, isFull, ready, waiting }: Situation,
): Judgement | undefined {
  if (!isSaturated || (!isFull && waiting === 0)) return undefined;
  const who = ready.length === 1 ? 'the only worker' : `all ${ready.length} workers`;
  const detail = `${who} busy, ${waiting === 0 ? 'nothing waits' : waits(waiting)}`;
  if (!isFull) return of('changing', 'Growing', detail, longest(ready));
  if (waiting === 0) return of('warning', 'At the limit', detail, longest(ready));
  return of('bad', 'Saturated', detail, longest(ready));
}

function judgeFailures({ rates }: ServerStatus, { failing }: Situation): Judgement | undefined {
  if (rates === undefined || failing === undefined) return undefined;
  const pace = `${formatNumber(rates.errorsPerSecond)} a second`;
  return of('warning', 'Requests fail', `${percent(failing)} of the requests, ${pace}`);
}

function judgeDeath(status: ServerStatus, { deaths }: Situation): Judgement | undefined {
  const last = deaths.at(-1);
  return last && of('warning', 'A worker died', busyText(status), last.message);
}

function judgeFailedReload(
  status: ServerStatus,
  { failedReload }: Situation,
): Judgement | undefined {
  if (failedReload === undefined) return undefined;
  const detail = `${age(now(status) - failedReload.at)} ago; the old code serves`;
  return of('warning', 'Reload failed', detail, failedReload.message);
}

function lastDeath(status: ServerStatus): string {
  const death = status.events.findLast(({ type }) => type === 'crash' || type === 'boot-failure');
  if (death === undefined) return 'No worker has died lately.';
  return `The last worker died ${formatDuration(now(status) - death.at)} ago.`;
}

function busyText({ workers, limits }: ServerStatus): string {
  const busy = workers.filter(({ running }) => running > 0).length;
  return `${busy} of ${count(limits.maxWorkers, 'worker')} busy`;
}

function longest(workers: readonly WorkerStatus[]): string {
  const [oldest] = workers.toSorted((a, b) => ageOf(b) - ageOf(a));
  if (oldest?.current == null) return '';
  const { method, uri, ageMs } = oldest.current;
  return `Longest: ${method} ${uri}, ${formatDuration(ageMs)}, worker ${oldest.slot}`;
}

function ageOf({ current }: WorkerStatus): number {
  return current?.ageMs ?? -1;
}

// oxlint-disable-next-line max-params -- the parts of a judgement
function of(level: Level, headline: string, detail: string, reason: string = ''): Judgement {
  return { level, headline, detail, reason };
}
