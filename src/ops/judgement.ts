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

/** Without a reason: none is needed. */
type Finding = Omit<Judgement, 'reason'> & { reason?: string | undefined };

type Rule = (status: ServerStatus, situation: Situation) => Finding | undefined;

const WELL = 'All is well';

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
    const finding = rule(status, situation);
    if (finding !== undefined) return { ...finding, reason: finding.reason ?? '' };
  }
  const { waiting } = situation;
  const queue = waiting === 0 ? 'Nothing waits' : `${waits(waiting)} for a moment`;
  const reason = `${queue}. ${lastDeath(status)}`;
  return { level: 'good', headline: WELL, detail: busyText(status), reason };
}

function judgeStop({ phase, workers }: ServerStatus): Finding | undefined {
  if (phase === 'delaying') {
    return { level: 'changing', headline: 'About to stop', detail: 'serves for --shutdown-delay' };
  }
  if (phase !== 'stopping') return undefined;
  const detail = `${count(workers.length, 'worker')} still there`;
  return { level: 'changing', headline: 'Stopping', detail };
}

function judgeCrashLoop(
  { health }: ServerStatus,
  { isCrashLoop, deaths }: Situation,
): Finding | undefined {
  if (!isCrashLoop) return undefined;
  const { nextAttemptMs } = health;
  const next = nextAttemptMs > 0 ? `, next attempt in ${formatDuration(nextAttemptMs)}` : '';
  const detail = `${count(deaths.length, 'worker')} died within a minute${next}`;
  return { level: 'bad', headline: 'Crash loop', detail, reason: deaths.at(-1)?.message };
}

function judgeStuck(_status: ServerStatus, { stuck }: Situation): Finding | undefined {
  if (stuck.length === 0) return undefined;
  const slots = stuck.map(({ slot }) => slot).join(', ');
  const detail = `${stuck.length === 1 ? 'worker' : 'workers'} ${slots}`;
  return { level: 'bad', headline: 'Stuck', detail, reason: longest(stuck) };
}

function judgeReload({ phase, workers }: ServerStatus, { fresh }: Situation): Finding | undefined {
  if (phase !== 'reloading') return undefined;
  const detail = `${fresh} of ${count(workers.length, 'worker')} new`;
  return { level: 'changing', headline: 'Reloading', detail };
}

function judgeEmptiness(
  { limits }: ServerStatus,
  { ready, counts, waiting }: Situation,
): Finding | undefined {
  if (ready.length > 0) return undefined;
  if (counts.booting > 0 || waiting > 0) {
    const detail = waiting > 0 ? waits(waiting) : 'the first worker boots';
    return { level: 'changing', headline: 'Starting', detail };
  }
  if (limits.minWorkers > 0) {
    return { level: 'bad', headline: 'No worker', detail: 'nothing can be answered' };
  }
  return {
    level: 'good',
    headline: WELL,
    detail: 'no worker runs; the first connection boots one',
  };
}

function judgeSaturation(
  _status: ServerStatus,
  { isSaturated, isFull, ready, waiting }: Situation,
): Finding | undefined {
  if (!isSaturated || (!isFull && waiting === 0)) return undefined;
  const who = ready.length === 1 ? 'the only worker' : `all ${ready.length} workers`;
  const detail = `${who} busy, ${waiting === 0 ? 'nothing waits' : waits(waiting)}`;
  const reason = longest(ready);
  if (!isFull) return { level: 'changing', headline: 'Growing', detail, reason };
  if (waiting === 0) return { level: 'warning', headline: 'At the limit', detail, reason };
  return { level: 'bad', headline: 'Saturated', detail, reason };
}

function judgeFailures({ rates }: ServerStatus, { failing }: Situation): Finding | undefined {
  if (rates === undefined || failing === undefined) return undefined;
  const pace = `${formatNumber(rates.errorsPerSecond)} a second`;
  const detail = `${percent(failing)} of the requests, ${pace}`;
  return { level: 'warning', headline: 'Requests fail', detail };
}

function judgeDeath(status: ServerStatus, { deaths }: Situation): Finding | undefined {
  const last = deaths.at(-1);
  if (last === undefined) return undefined;
  const [detail, reason] = [busyText(status), last.message];
  return { level: 'warning', headline: 'A worker died', detail, reason };
}

function judgeFailedReload(
  status: ServerStatus,
  { failedReload, older }: Situation,
): Finding | undefined {
  if (failedReload === undefined) return undefined;
  const ago = `${age(now(status) - failedReload.at)} ago`;
  const beside = older === 0 ? '' : `, beside ${count(older, 'older worker')}`;
  const detail = `${ago}; generation ${status.generation} serves${beside}`;
  return { level: 'warning', headline: 'Reload failed', detail, reason: failedReload.message };
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
