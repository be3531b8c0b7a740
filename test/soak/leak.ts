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
/** What one request keeps; its process grows by a little more. */
const KEPT_MB = 1;
/** From here on growth is that of requests, and no longer of the program itself. */
const WARM_MB = 150;
const PATIENCE_MS = 30_000;

async function run({ dispatch, share }: Options, { dir, onInterrupt }: Stage): Promise<Result> {
  const args = ['--dispatch', dispatch, '--max-memory', `${LIMIT_MB}m`];
  const contender = scgiServerWith('scgi-server', HANDLER, args);
  const size = { workers: WORKERS, concurrency: 1 };
  const stand = await startStand(contender, { ...size, front: 'none', parent: dir });
  onInterrupt(() => void stand.stop());
  let peakMb = 0;
  let growthMb = 0;
  let slowestMs = 0;
  const startedAt = performance.now();
  const exchange = async (): Promise<void> => {
    const sentAt = performance.now();
    const { status, body } = await request(stand.address, { timeoutMs: PATIENCE_MS });
    slowestMs = Math.max(slowestMs, performance.now() - sentAt);
    if (status !== 200) throw new Error(`status ${status}`);
    const [peak = 0, growth = 0] = body
      .toString()
      .split(' ')
      .map((kb) => Number(kb) / 1024);
    peakMb = Math.max(peakMb, peak);
    if (peak > WARM_MB) growthMb = Math.max(growthMb, growth);
  };
  try {
    const count = Math.ceil(REQUEST_COUNT * share);
    const goOn = (begun: number): boolean => begun < count;
    const { begun, failures } = await runLoad(exchange, { clients: CLIENTS, goOn });
    const seconds = (performance.now() - startedAt) / 1_000;
    return judge({ begun, failures, seconds, slowestMs, peakMb, growthMb });
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
  /** By which a process has grown most for one request. */
  growthMb: number;
}

function judge(seen: Seen): Result {
  const { begun, failures, seconds, slowestMs, peakMb, growthMb } = seen;
  const most = LIMIT_MB + growthMb;
  const rate = Math.round(begun / seconds);
  return {
    title: `Requests that keep ${KEPT_MB} MB each, --max-memory ${LIMIT_MB}m, ${WORKERS} workers`,
    rows: [
      ['requests', `${begun} in ${seconds.toFixed(1)} s, ${rate}/s, ${failures.length} failed`],
      ['slowest', `${Math.round(slowestMs)} ms`],
      ['growth for a request', `${growthMb.toFixed(2)} MB at most`],
      ['largest worker ever', `${peakMb.toFixed(2)} MB, at most ${most.toFixed(2)} wanted`],
    ],
    faults: [
      ...failures.slice(0, 10).map((error) => `${error.message}: ${String(error.cause)}`),
      ...(peakMb > most
        ? [`a worker had ${peakMb.toFixed(2)} MB, more than ${most.toFixed(2)}`]
        : []),
    ],
    figures: { ...seen, failures: failures.length },
  };
}

export const LEAK: Scenario = {
  name: 'leak',
  what: 'a handler that leaks, under --max-memory',
  run,
};
