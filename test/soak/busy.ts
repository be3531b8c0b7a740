// Operators ask while every worker is busy: how long they wait, and whether what they are told is right.

import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ServerStatus } from '../../src/ops/server-status.ts';
import { scgiServerWith } from '../bench/contenders/scgi-server.ts';
import type { Stand } from '../bench/stand.ts';
import { startStand } from '../bench/stand.ts';
import { askControl, statusOf } from '../helpers/control.ts';
import { runLoad } from '../helpers/load.ts';
import { request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { percentile } from './http-load.ts';
import type { Options } from './options.ts';
import type { Result, Row, Scenario, Stage } from './scenario.ts';

const HANDLER = fileURLToPath(new URL('apps/busy.mjs', import.meta.url));
const WORKERS = 4;
const CLIENTS = 16;
/** Of each kind. */
const QUESTION_COUNT = 300;
const QUESTION_EVERY_MS = 20;
const QUESTIONS = ['/status', '/metrics'] as const;
/** In which nine of ten questions have to be answered: a machine with other work may hold up the tenth. */
const WANTED_MS = 50;
const PATIENCE_MS = 30_000;
/** What keeps the workers busy, by the path that asks for it. */
const WAYS = { '/sleep': 'all asleep', '/loop': 'all in a loop' } as const;

type Way = keyof typeof WAYS;

interface Seen {
  way: Way;
  /** Milliseconds to each answer. */
  times: Record<(typeof QUESTIONS)[number], number[]>;
  /** Requests that the load has had answered. */
  answered: number;
  /** What else became of them. */
  failures: string[];
}

const areAllBusy = ({ workers }: ServerStatus): boolean =>
  workers.length === WORKERS && workers.every(({ running }) => running > 0);

/** Asks again and again, beside a load that is more than the workers can bear. */
async function ask({ address }: Stand, control: string, way: Way, count: number): Promise<Seen> {
  let isOver = false;
  let answered = 0;
  const exchange = async (): Promise<void> => {
    const { status } = await request(address, { path: way, timeoutMs: PATIENCE_MS });
    if (status !== 200) throw new Error(`status ${status}`);
    answered++;
  };
  const load = runLoad(exchange, { clients: CLIENTS, goOn: () => !isOver });
  const times: Seen['times'] = { '/status': [], '/metrics': [] };
  try {
    await waitFor('busy workers', async () => areAllBusy(await statusOf(control)));
    for (let n = 0; n < count; n++) {
      for (const question of QUESTIONS) {
        const startedAt = performance.now();
        await askControl(control, question);
        times[question].push(performance.now() - startedAt);
        await delay(QUESTION_EVERY_MS);
      }
    }
  } finally {
    isOver = true;
    await load;
  }
  const { failures } = await load;
  return { way, times, answered, failures: failures.map(({ cause }) => String(cause)) };
}

async function run({ dispatch, share }: Options, { dir, onInterrupt }: Stage): Promise<Result> {
  const control = path.join(dir, 'control');
  const args = ['--dispatch', dispatch, '--control', control];
  const contender = scgiServerWith('scgi-server', HANDLER, args);
  const size = { workers: WORKERS, concurrency: 1 };
  const stand = await startStand(contender, { ...size, front: 'none', parent: dir });
  onInterrupt(() => void stand.stop());
  try {
    const count = Math.ceil(QUESTION_COUNT * share);
    const seen: Seen[] = [];
    for (const way of Object.keys(WAYS) as Way[]) seen.push(await ask(stand, control, way, count));
    const answered = seen.reduce((sum, { answered: n }) => sum + n, 0);
    const counted = await waitFor('the count of all requests', async () => {
      const { outcomes } = (await statusOf(control)).totals;
      return outcomes.answered >= answered ? outcomes.answered : undefined;
    });
    return judge(seen, { answered, counted });
  } finally {
    await stand.stop();
  }
}

function judge(seen: readonly Seen[], totals: { answered: number; counted: number }): Result {
  const { answered, counted } = totals;
  const all = seen.flatMap(({ way, times }) =>
    QUESTIONS.map((question) => summarize(`${question}, ${WAYS[way]}`, times[question])),
  );
  return {
    title: `Questions of operators, ${CLIENTS} requests at once for ${WORKERS} workers`,
    rows: [...all.map(({ row }) => row), ['requests', `${answered} answered, ${counted} counted`]],
    faults: [
      ...all.flatMap(({ fault }) => fault),
      ...seen.flatMap(({ failures }) => failures.slice(0, 5)),
      ...(counted === answered ? [] : [`${answered} requests were answered, ${counted} counted`]),
    ],
    figures: { seen, answered, counted },
  };
}

const ms = (time: number): string => `${time.toFixed(1)} ms`;

function summarize(what: string, times: readonly number[]): { row: Row; fault: string[] } {
  const [p50 = 0, p90 = 0, slowest = 0] = [0.5, 0.9, 1].map((share) => percentile(times, share));
  const value = `${times.length} times, p50 ${ms(p50)}, p90 ${ms(p90)}, slowest ${ms(slowest)}`;
  const fault = `${what}: p90 ${ms(p90)}, wanted ${WANTED_MS} ms at most`;
  return { row: [what, value], fault: p90 > WANTED_MS ? [fault] : [] };
}

export const BUSY: Scenario = {
  name: 'busy',
  what: 'questions of operators while all workers are busy',
  run,
};
