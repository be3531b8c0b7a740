// What is wrong with a server other than its load, as sentences of its explanation. Pure.

import { count } from '../count.ts';
import { age, percent } from './human.ts';
import type { ServerEvent, ServerStatus } from './server-status.ts';
import type { Situation } from './situation.ts';
import { now } from './situation.ts';

export function tellOfStop({ phase, workers }: ServerStatus): string[] {
  if (phase === 'delaying') {
    return ['The server is about to stop, and serves as before until --shutdown-delay is over.'];
  }
  if (phase !== 'stopping') return [];
  const running = workers.filter((worker) => worker.running > 0);
  const slowest = longest(running);
  const what = slowest === undefined ? '' : `, the oldest of them ${slowest}`;
  const rest = `${count(workers.length, 'worker')} left, ${running.length} with a request${what}`;
  return [
    `The server is stopping and accepts nothing more: ${rest}. ` +
      '--graceful-timeout bounds it, and scgi-server stop --quick ends it in two seconds.',
  ];
}

export function tellOfDeaths(
  status: ServerStatus,
  { isCrashLoop, deaths, ready }: Situation,
): string[] {
  if (!isCrashLoop) return [];
  const [crashes, boots] = [ofType(deaths, 'crash'), ofType(deaths, 'boot-failure')];
  const [crash, boot] = [crashes.at(-1), boots.at(-1)];
  const sentences: string[] = [];
  if (crash !== undefined) {
    const number = crashes.length === 1 ? '1 crash' : `${crashes.length} crashes`;
    const what = `Workers die as fast as they are replaced: ${number} in a minute`;
    sentences.push(`${what}. The last one, ${ago(status, crash)}: ${crash.message}.`);
  }
  if (boot !== undefined) {
    const serves = ready.length === 0 ? 'Nothing is served' : 'The pool cannot grow';
    const why = `since new workers do not boot (${count(boots.length, 'failure')} in a minute)`;
    sentences.push(`${serves}, ${why}. The last one, ${ago(status, boot)}: ${boot.message}.`);
  }
  const { nextAttemptMs } = status.health;
  if (nextAttemptMs > 0) sentences.push(`The next attempt comes in ${age(nextAttemptMs)}.`);
  return sentences;
}

/** Not a reason to wait, but to look. */
export function mentionFailures(
  status: ServerStatus,
  { isCrashLoop, deaths, failing }: Situation,
): string[] {
  const last = isCrashLoop ? undefined : deaths.at(-1);
  return [
    ...(failing === undefined ? [] : [`Of the requests, ${percent(failing)} fail.`]),
    ...(last === undefined ? [] : [`A worker died ${ago(status, last)}: ${last.message}.`]),
  ];
}

export function tellOfStuck(_status: ServerStatus, { stuck }: Situation): string[] {
  return stuck.map(({ slot, pid, state, current }) => {
    const who = `Worker ${slot} (pid ${pid ?? 'unknown'})`;
    const what = current === null ? '' : ` in ${current.method} ${current.uri}`;
    if (state === 'killed') return `${who} was killed${what} and is not gone yet.`;
    const long = age(current?.ageMs ?? 0);
    return `${who} is stuck${what}: it has run for ${long}, longer than --request-timeout.`;
  });
}

export function mentionReload(
  status: ServerStatus,
  { failedReload, fresh, older }: Situation,
): string[] {
  if (status.phase === 'reloading') {
    const progress = `${count(fresh, 'new worker')}, ${older} of older generations`;
    return [`A reload is under way: ${progress}; as each new one is ready, an old one leaves.`];
  }
  if (failedReload === undefined) return [];
  return [`The last reload, ${ago(status, failedReload)}: ${failedReload.message}.`];
}

function ofType(events: readonly ServerEvent[], type: ServerEvent['type']): ServerEvent[] {
  return events.filter((event) => event.type === type);
}

function ago(status: ServerStatus, { at }: ServerEvent): string {
  return `${age(now(status) - at)} ago`;
}

function longest(workers: ServerStatus['workers']): string | undefined {
  const requests = workers.flatMap(({ current }) => (current === null ? [] : [current]));
  const [oldest] = requests.toSorted((a, b) => b.ageMs - a.ageMs);
  return oldest && `${oldest.method} ${oldest.uri} for ${age(oldest.ageMs)}`;
}
