// What a load and something else do to each other: connections that say nothing, and a timer of the application.

import { connectQuietly } from '../helpers/quiet-peers.ts';
import { request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { checkAnswer } from './check-answer.ts';
import type { Contender } from './contenders/contender.ts';
import { NATIVE, PORTABLE } from './contenders/scgi-server.ts';
import type { FigureOptions, FigureRow } from './figure.ts';
import { withStand } from './figure.ts';
import { openDescriptors } from './processes.ts';
import { HELLO_16 } from './rows.ts';
import { runScgiLoad } from './scgi-load.ts';
import type { Stand } from './stand.ts';

const WORKERS = 4;
const SILENT = 1_000;

export const BESIDE_LOAD_ROWS: readonly FigureRow[] = [
  {
    id: 'silent',
    name: `rate of ${HELLO_16.name} beside 1,000 silent ones, of that without`,
    unit: '%',
    // To the others each of these is a request under way: they would serve nobody else.
    fits: (contender) => contender === NATIVE,
    measure: measureSilent,
  },
  {
    id: 'timer',
    name: `p99 lateness of a timer of 10 ms in a worker, under ${HELLO_16.name}`,
    unit: 'ms',
    fits: (contender) => contender === NATIVE || contender === PORTABLE,
    measure: measureTimer,
  },
];

function measureSilent(contender: Contender, options: FigureOptions): Promise<number[]> {
  return withStand(contender, { ...options, workers: WORKERS }, async (stand) => {
    await rate(stand, options.seconds);
    const alone = (): Promise<number> => rate(stand, options.seconds);
    const beside = (): Promise<number> => rateBesideSilent(stand, options.seconds);
    const shares: number[] = [];
    // Each comes first in turn, as a machine may become faster or slower meanwhile.
    for (let round = 0; round < options.rounds; round++) {
      const early = round % 2 === 0 ? await alone() : undefined;
      const withSilent = await beside();
      shares.push((100 * withSilent) / (early ?? (await alone())));
    }
    return shares;
  });
}

async function rateBesideSilent(stand: Stand, seconds: number): Promise<number> {
  const before = openDescriptors(stand.pid);
  const peers = await connectQuietly(stand.address, SILENT);
  const held = (): number => openDescriptors(stand.pid) - before;
  try {
    await waitFor('the dispatcher to hold all silent connections', () => held() >= SILENT);
    const beside = await rate(stand, seconds);
    if (peers.open() < SILENT) throw new Error('it has closed silent connections');
    return beside;
  } finally {
    peers.close();
    await waitFor('the end of all silent connections', () => held() <= 0);
  }
}

/** Requests a second; an answer that is not right is an error. */
async function rate(stand: Stand, seconds: number): Promise<number> {
  const answerBytes = await checkAnswer(stand, HELLO_16);
  const run = await runScgiLoad(stand.address, HELLO_16, { seconds, answerBytes });
  if (run.errors > 0) throw new Error(`${run.errors} requests failed`);
  return run.requests / run.seconds;
}

function measureTimer(contender: Contender, options: FigureOptions): Promise<number[]> {
  return withStand(contender, { ...options, workers: WORKERS }, async (stand) => {
    await rate(stand, options.seconds);
    const late: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      // The first time this starts the timers; later it forgets what was before.
      await collectLateness(stand);
      await rate(stand, options.seconds);
      late.push(percentile99(await collectLateness(stand)));
    }
    return late;
  });
}

/** Asks all workers at once, each of which serves one request at a time. */
async function collectLateness({ address }: Stand): Promise<number[]> {
  const ask = async (): Promise<{ pid: number; lateness: number[] }> => {
    const { body } = await request(address, { path: '/timer', env: { PATH_INFO: '/timer' } });
    return JSON.parse(body.toString()) as { pid: number; lateness: number[] };
  };
  const reports = await Promise.all(Array.from({ length: WORKERS }, ask));
  const workers = new Set(reports.map(({ pid }) => pid)).size;
  if (workers !== WORKERS) throw new Error(`${workers} of ${WORKERS} workers told of their timers`);
  return reports.flatMap(({ lateness }) => lateness);
}

function percentile99(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no timer has fired under the load');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(0.99 * sorted.length)] ?? Number.NaN;
}
