// A worker in an endless loop, over and over, beside a steady load: it is named, answered for, killed and
// replaced, and the others hardly notice.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scgiServerWith } from '../bench/contenders/scgi-server.ts';
import { childrenOf } from '../bench/processes.ts';
import type { Stand } from '../bench/stand.ts';
import { startStand } from '../bench/stand.ts';
import { httpRequest } from '../helpers/load.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { HttpLoad, percentile } from './http-load.ts';
import type { Options } from './options.ts';
import type { Result, Scenario, Stage } from './scenario.ts';

const HANDLER = fileURLToPath(new URL('apps/stuck.mjs', import.meta.url));
const LOOP_COUNT = 10;
const WORKERS = 4;
/** Fewer than workers: with two processors, more would measure what the loop takes of them. */
const CLIENTS = 2;
const TIMES = ['--request-timeout', '2s', '--slow-log', '1s'];
const REPLACED_WITHIN_MS = 30_000;

interface Loop {
  status: number;
  /** To its answer. */
  answeredMs: number;
  /** To a whole pool without the worker. */
  replacedMs: number;
}

/** Asks for an endless loop, and waits until its worker is replaced. */
async function loop({ url = '', pid }: Stand): Promise<Loop> {
  const before = childrenOf(pid);
  const startedAt = performance.now();
  const { status } = await httpRequest(`${url}/stuck`, { timeoutMs: REPLACED_WITHIN_MS });
  const answeredMs = performance.now() - startedAt;
  const isReplaced = (): boolean => {
    const now = childrenOf(pid);
    return now.length === WORKERS && before.some((child) => !now.includes(child));
  };
  await waitFor('another worker in the place of the stuck one', isReplaced, REPLACED_WITHIN_MS);
  return { status, answeredMs, replacedMs: performance.now() - startedAt };
}

async function run({ dispatch, share }: Options, stage: Stage): Promise<Result> {
  const args = ['--dispatch', dispatch, ...TIMES, '--log-format', 'json'];
  const contender = scgiServerWith('scgi-server', HANDLER, args);
  const size = { workers: WORKERS, concurrency: 1 };
  const stand = await startStand(contender, { ...size, front: 'nginx', parent: stage.dir });
  stage.onInterrupt(() => void stand.stop());
  const loops: Loop[] = [];
  try {
    const beside = new HttpLoad(stand.url ?? '', CLIENTS);
    for (let n = 0; n < Math.max(2, LOOP_COUNT * share); n++) loops.push(await loop(stand));
    await beside.stop();
    const alone = new HttpLoad(stand.url ?? '', CLIENTS);
    const enough = beside.begun;
    await waitFor('as many requests without a loop', () => alone.begun >= enough, 600_000);
    await alone.stop();
    return judge({ loops, beside, alone, log: stand.output() });
  } finally {
    await stand.stop();
  }
}

interface Seen {
  loops: readonly Loop[];
  beside: HttpLoad;
  alone: HttpLoad;
  log: string;
}

const ms = (times: readonly number[]): string => times.map((time) => Math.round(time)).join(' ');

function judge({ loops, beside, alone, log }: Seen): Result {
  const line = readFileSync(HANDLER, 'utf8').split('\n').indexOf('  for (;;);') + 1;
  const named = log.split('\n').filter((text) => isNamed(text, line)).length;
  const unanswered = loops.filter(({ status }) => status !== 504);
  const [p99Beside, p99Alone] = [beside, alone].map(({ times }) => percentile(times, 0.99));
  const lost = [beside, alone].flatMap(({ failed, cut }) => [...failed.examples, ...cut.examples]);
  return {
    title: `Endless loops, ${TIMES.join(' ')}, ${CLIENTS} requests of 5 ms at once beside them`,
    rows: [
      ['loops', `${loops.length}, answered with ${loops.map(({ status }) => status).join(' ')}`],
      ['answered after', `${ms(loops.map(({ answeredMs }) => answeredMs))} ms`],
      ['replaced after', `${ms(loops.map(({ replacedMs }) => replacedMs))} ms`],
      ['named in the slow log', `${named}`],
      ['others', `${beside.begun} beside them, ${alone.begun} alone, ${lost.length} lost`],
      [
        'p99 of the others',
        `${ms([p99Beside ?? 0])} ms beside, ${ms([p99Alone ?? 0])} ms alone: ` +
          `ratio ${((p99Beside ?? 0) / (p99Alone ?? 0)).toFixed(2)}, wanted 2 at most`,
      ],
    ],
    faults: [
      ...unanswered.map(({ status }) => `a loop was answered with ${status}, not with 504`),
      ...(named < loops.length ? [`the slow log names ${named} of ${loops.length} loops`] : []),
      ...lost.map((example) => `lost beside a loop: ${example}`),
    ],
    figures: { loops, named, p99Beside, p99Alone },
  };
}

/** The line tells the function, and where in the file it is. */
function isNamed(text: string, line: number): boolean {
  return text.includes('spinForEver') && text.includes(`stuck.mjs:${line}`);
}

export const STUCK: Scenario = {
  name: 'stuck',
  what: 'endless loops beside a steady load',
  run,
};
