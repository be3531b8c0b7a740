// Whether all is well with a server, in one line. Pure.

import { count } from '../count.ts';
import { age } from './human.ts';
import type { ServerStatus } from './server-status.ts';
import type { Situation } from './situation.ts';
import { assess, now } from './situation.ts';

/** `well`: nothing to do. `busy`: requests are served, if late. `trouble`: somebody has to look. */
export type Level = 'well' | 'busy' | 'trouble';

export interface Judgement {
  level: Level;
  /** One sentence without a full stop. */
  text: string;
}

/** The worst of what can be said comes first. */
const RULES: readonly ((status: ServerStatus, situation: Situation) => Judgement | undefined)[] = [
  judgeStop,
  judgeEmptiness,
  judgeCrashes,
  judgeStuck,
  judgeSaturation,
  judgeReload,
];

export function judge(status: ServerStatus): Judgement {
  const situation = assess(status);
  for (const rule of RULES) {
    const judgement = rule(status, situation);
    if (judgement !== undefined) return judgement;
  }
  const { counts, waiting } = situation;
  const rest =
    waiting === 0 ? 'nothing waits' : `${count(waiting, 'connection')} wait for a moment`;
  const { busy, idle } = counts;
  return { level: 'well', text: `all is well: ${busy} busy, ${idle} idle, ${rest}` };
}

function judgeStop({ phase, workers }: ServerStatus): Judgement | undefined {
  if (phase !== 'stopping') return undefined;
  const running = workers.reduce((sum, worker) => sum + worker.running, 0);
  const left = `${count(workers.length, 'worker')} left, ${count(running, 'request')} running`;
  return { level: 'busy', text: `stopping: ${left}` };
}

function judgeEmptiness(
  { workers }: ServerStatus,
  { ready, counts, waiting, failedBoots }: Situation,
): Judgement | undefined {
  if (ready.length > 0) return undefined;
  if (failedBoots.length > 0) {
    return { level: 'trouble', text: 'TROUBLE: nothing is served, no worker boots' };
  }
  if (counts.booting > 0) {
    return { level: 'busy', text: `starting: ${count(counts.booting, 'worker')} booting` };
  }
  if (workers.length === 0 && waiting === 0) {
    return { level: 'well', text: 'all is well: no workers, the first connection boots one' };
  }
  return { level: 'trouble', text: 'TROUBLE: no worker takes connections' };
}

function judgeCrashes(
  status: ServerStatus,
  { crashes, failedBoots }: Situation,
): Judgement | undefined {
  const last = crashes.at(-1);
  if (last !== undefined) {
    const when = `the last one ${age(now(status) - last.at)} ago`;
    return { level: 'trouble', text: `TROUBLE: ${crashes.length} crashes in a minute, ${when}` };
  }
  if (failedBoots.length === 0) return undefined;
  return {
    level: 'trouble',
    text: `TROUBLE: new workers do not boot, ${failedBoots.length} failures in a minute`,
  };
}

function judgeStuck(_status: ServerStatus, { stuck }: Situation): Judgement | undefined {
  const [first] = stuck;
  if (first === undefined) return undefined;
  const slots = stuck.map(({ slot }) => slot);
  const which =
    slots.length === 1 ? `worker ${slots.join()} is` : `workers ${slots.join(', ')} are`;
  return { level: 'trouble', text: `TROUBLE: ${which} stuck` };
}

function judgeSaturation(
  _status: ServerStatus,
  { isSaturated, isFull, ready, waiting }: Situation,
): Judgement | undefined {
  if (!isSaturated) return undefined;
  const who = ready.length === 1 ? 'the only worker is' : `all ${ready.length} workers are`;
  if (waiting === 0) return { level: 'busy', text: `busy: ${who} busy, nothing waits` };
  const wait = `${count(waiting, 'connection')} ${waiting === 1 ? 'waits' : 'wait'}`;
  return isFull
    ? { level: 'trouble', text: `SATURATED: ${who} busy, ${wait}; see status --why` }
    : { level: 'busy', text: `busy: ${who} busy, ${wait}, the pool grows` };
}

function judgeReload(status: ServerStatus, { failedReload }: Situation): Judgement | undefined {
  if (status.phase === 'reloading') {
    const text = `reloading: generation ${status.generation} serves until the next is ready`;
    return { level: 'busy', text };
  }
  if (failedReload === undefined) return undefined;
  const when = `${age(now(status) - failedReload.at)} ago`;
  return { level: 'trouble', text: `LOOK: the last reload failed ${when}; the old code serves` };
}
