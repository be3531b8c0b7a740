// A handler that keeps a megabyte of every request, under --max-memory: no request fails, and no worker
// grows beyond the limit by more than one request.

import { fileURLToPath } from 'node:url';
import { scgiServerWith } from '../bench/contenders/scgi-server.ts';
import { startStand } from '../bench/stand.ts';
import { runLoad } from '../helpers/load.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { Options } from './options.ts';
import type { Result, Scenario, Stage } from './scenario.ts';

const HANDLER = fileURLToPath(new URL('apps/leak.mjs', import.meta.url));
const REQUEST_COUNT = 100_000;
const CLIENTS = 16;
const WORKERS = 4;
const LIMIT_MB = 200;
/** What one request keeps. */
const GROWTH_MB = 1;
const PATIENCE_MS = 30_000;

async function run({ dispatch, share }: Options, { dir, onInterrupt }: Stage): Promise<Result> {
  const args = ['--dispatch', dispatch, '--max-memory', `${LIMIT_MB}m`];
  const contender = scgiServerWith('scgi-server', HANDLER, args);
  const size = { workers: WORKERS, concurrency: 1 };
  const stand = await startStand(contender, { ...size, front: 'none', parent: dir });
  onInterrupt(() => void stand.stop());
  let peakKb = 0;
  let slowestMs = 0;
  const startedAt = performance.now();
  const exchange = async (): Promise<void> => {
    const sentAt = performance.now();
    const { status, body } = await request(stand.address, { timeoutMs: PATIENCE_MS });
    slowestMs = Math.max(slowestMs, performance.now() - sentAt);
    if (status !== 200) throw new Error(`status ${status}`);
    peakKb = Math.max(peakKb, Number(body.toString()));
  };
  try {
    const count = Math.ceil(REQUEST_COUNT * share);
    const goOn = (begun: number): boolean => begun < count;
    const { begun, failures } = await runLoad(exchange, { clients: CLIENTS, goOn });
    const seconds = (performance.now() - startedAt) / 1_000;
    return judge({ begun, failures, seconds, slowestMs, peakMb: peakKb / 1024 });
  } finally {
    await stand.stop();
  }
}

interface Seen {
  begun: number;
  failures: readonly Error[];
  seconds: number;
  slowestMs: number;
  /** The most memory that any worker ever had. */
  peakMb: number;
}

function judge(seen: Seen): Result {
  const { begun, failures, seconds, slowestMs, peakMb } = seen;
  const most = LIMIT_MB + GROWTH_MB;
  const rate = Math.round(begun / seconds);
  return {
    title: `Requests that keep ${GROWTH_MB} MB each, --max-memory ${LIMIT_MB}m, ${WORKERS} workers`,
    rows: [
      ['requests', `${begun} in ${seconds.toFixed(1)} s, ${rate}/s, ${failures.length} failed`],
      ['slowest', `${Math.round(slowestMs)} ms`],
      ['largest worker ever', `${peakMb.toFixed(1)} MB, at most ${most} wanted`],
    ],
    faults: [
      ...failures.slice(0, 10).map((error) => `${error.message}: ${String(error.cause)}`),
      ...(peakMb > most ? [`a worker had ${peakMb.toFixed(1)} MB, more than ${most}`] : []),
    ],
    figures: { ...seen, failures: failures.length },
  };
}

export const LEAK: Scenario = {
  name: 'leak',
  what: 'a handler that leaks, under --max-memory',
  run,
};
