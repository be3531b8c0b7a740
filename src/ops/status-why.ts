// Why connections wait, or why they do not: a server's status explained in one paragraph. Pure.

import { count } from '../count.ts';
import { age, memory, rate, waits } from './human.ts';
import { mean } from './latency.ts';
import {
  mentionFailures,
  mentionReload,
  tellOfDeaths,
  tellOfStop,
  tellOfStuck,
} from './status-troubles.ts';
import type { ServerStatus, WorkerStatus } from './server-status.ts';
import type { Situation } from './situation.ts';
import { assess } from './situation.ts';
import { escapeControls } from './text-format.ts';

/** Kinds of requests that are told one by one. */
const MOST_KINDS = 3;
/** Share of a second in which workers ran requests that counts as all of it. */
const SATURATED_SHARE = 0.99;

/** Returns the paragraph: one line, however long, without control characters. */
export function explain(status: ServerStatus): string {
  const situation = assess(status);
  const sentences = [
    ...tellOfStop(status),
    ...tellOfDeaths(status, situation),
    ...tellOfStuck(status, situation),
    ...tellOfLoad(status, situation),
    ...mentionFailures(status, situation),
    ...mentionReload(status, situation),
  ];
  return escapeControls(sentences.join(' '));
}

function tellOfLoad(status: ServerStatus, situation: Situation): string[] {
  if (status.phase === 'stopping') return [];
  if (situation.ready.length === 0) return tellOfEmptiness(status, situation);
  if (!situation.isSaturated) return tellOfRoom(situation);
  return [
    tellWhatWaits(status, situation),
    ...tellWhoIsBusy(situation),
    ...(situation.isFull ? tellOfMaximum(status, situation) : tellOfGrowth(status, situation)),
  ];
}

function tellOfEmptiness(
  status: ServerStatus,
  { counts, waiting, isCrashLoop }: Situation,
): string[] {
  const wait = waiting > 0 ? `, and ${waits(waiting)} for one` : '';
  if (counts.booting > 0) {
    const longest = Math.max(...status.workers.map(({ ageMs }) => ageMs));
    const since = `for ${age(longest)} at most`;
    return [`No worker is ready yet: ${count(counts.booting, 'worker')} booting, ${since}${wait}.`];
  }
  if (isCrashLoop) return waiting > 0 ? [`${capital(waits(waiting))} for one.`] : [];
  if (waiting > 0) return [`There is no worker${wait}: one is about to be booted.`];
  return ['Nothing is saturated: there are no workers, and the first connection boots one.'];
}

function tellOfRoom(situation: Situation): string[] {
  const { ready, free, waiting, counts } = situation;
  const idle = `${free} of ${ready.length} workers can take another request at once`;
  const wait =
    waiting > 0
      ? `the ${count(waiting, 'connection')} that ${waiting === 1 ? 'waits' : 'wait'} will be taken in a moment`
      : 'nothing waits';
  const sentences = [`Nothing is saturated: ${idle}, and ${wait}.`];
  if (counts.busy > 0) sentences.push(...tellWhoIsBusy(situation));
  return sentences;
}

function tellWhatWaits(status: ServerStatus, { ready, waiting }: Situation): string {
  const who = ready.length === 1 ? 'The only worker is' : `All ${ready.length} workers are`;
  const since = saturatedFor(status);
  const long = since === undefined ? '' : `, for at least ${age(since)}`;
  if (waiting === 0) return `${who} busy${long}, but nothing waits.`;
  const where = status.listeners
    .filter(({ backlog }) => (backlog ?? 0) > 0)
    .map(({ address }) => address);
  const isKnown = status.listeners.every(({ backlog }) => backlog !== null);
  const elsewhere = isKnown ? ' at the dispatcher' : '';
  const place = where.length > 0 ? ` in the backlog of ${where.join(', ')}` : elsewhere;
  return `${who} busy${long}, and ${waits(waiting)}${place}.`;
}

/** By the samples; without them, since the youngest of the running requests began. */
function saturatedFor({ samples, workers, uptimeMs, startedAt }: ServerStatus): number | undefined {
  const newest = samples.at(-1);
  const before = samples.findLast(({ busy, backlog }) => busy < SATURATED_SHARE && backlog === 0);
  const since = before?.at ?? samples[0]?.at;
  const inSamples = newest !== undefined && newest !== before && since !== undefined;
  if (inSamples) return Math.max(0, startedAt + uptimeMs - since);
  const ages = workers.flatMap(({ current }) => (current === null ? [] : [current.ageMs]));
  return ages.length < workers.length || ages.length === 0 ? undefined : Math.min(...ages);
}

interface Kind {
  what: string;
  ages: number[];
}

function tellWhoIsBusy({ ready }: Situation): string[] {
  const kinds = kindsOf(ready);
  const told = kinds.slice(0, MOST_KINDS).map(describeKind);
  const rest = kinds.slice(MOST_KINDS).reduce((sum, { ages }) => sum + ages.length, 0);
  if (rest > 0) told.push(`${rest} something else`);
  const unknown = ready.filter(({ current, running }) => current === null && running > 0).length;
  if (unknown > 0)
    told.push(`what ${count(unknown, 'worker')} ${unknown === 1 ? 'runs' : 'run'} is not known`);
  if (told.length === 0) return [];
  return [`Of these, ${told.join('; ')}.`];
}

/** Requests for the same thing, most first. Their queries differ. */
function kindsOf(workers: readonly WorkerStatus[]): Kind[] {
  const kinds = new Map<string, Kind>();
  for (const { current } of workers) {
    if (current === null) continue;
    const what = `${current.method} ${current.uri.split('?', 1)[0]}`;
    const kind = kinds.get(what) ?? { what, ages: [] };
    kind.ages.push(current.ageMs);
    kinds.set(what, kind);
  }
  const longest = ({ ages }: Kind): number => Math.max(...ages);
  return [...kinds.values()].sort(
    (a, b) => b.ages.length - a.ages.length || longest(b) - longest(a),
  );
}

function describeKind({ what, ages }: Kind): string {
  const longest = age(Math.max(...ages));
  if (ages.length === 1) return `1 runs ${what}, for ${longest}`;
  const shortest = age(Math.min(...ages));
  return `${ages.length} run ${what}, the longest for ${longest}, the shortest for ${shortest}`;
}

function tellOfGrowth({ limits, workers }: ServerStatus, { counts }: Situation): string[] {
  const staying = workers.length - counts.draining - counts.killed;
  const room = `The pool has ${staying} of at most ${limits.maxWorkers} workers`;
  const booting = `${count(counts.booting, 'worker')} ${counts.booting === 1 ? 'is' : 'are'} booting`;
  return [`${room} and grows by itself: ${counts.booting > 0 ? booting : 'none is booting yet'}.`];
}

function tellOfMaximum(status: ServerStatus, situation: Situation): string[] {
  const { limits, workers } = status;
  const { waiting, ready } = situation;
  const max = limits.maxWorkers;
  const sizes = workers.flatMap((worker) => (worker.memory === null ? [] : [worker.memory]));
  const size = sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length;
  const cost =
    sizes.length === 0
      ? 'an amount of memory that is not known here'
      : `about ${memory(size)}, as much as the others on average,`;
  const gain = `take over one in ${ready.length + 1} of the requests${gainOf(status, ready.length)}`;
  return [
    `The pool has all ${max} workers that it may have (--max-workers).`,
    ...tellPace(status, waiting),
    `One more would cost ${cost} and ${gain}: scgi-server scale ${max + 1} starts it.`,
    'If the requests wait for something else, such as a database, look there first.',
  ];
}

/** What it would add at the present pace, if the machine has a processor for it. */
function gainOf({ rates }: ServerStatus, ready: number): string {
  if (rates === undefined || rates.requestsPerSecond === 0) return '';
  return `, up to ${rate(rates.requestsPerSecond / ready)} more a second`;
}

function tellPace({ rates, totals }: ServerStatus, waiting: number): string[] {
  const perSecond = rates?.requestsPerSecond ?? 0;
  if (waiting === 0 || perSecond === 0) return [];
  const typical = mean(totals.durations);
  const mostly = typical === undefined ? '' : ` (a request has taken ${age(typical)} on average)`;
  const time = age((waiting / perSecond) * 1_000);
  return [`At ${rate(perSecond)} requests a second${mostly}, what waits now is served in ${time}.`];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
