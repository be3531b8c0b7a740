// Measures every contender in every row, in turn, several times over, and keeps the medians.

import { httpRequest } from '../helpers/load.ts';
import { cpuTime } from './cpu-time.ts';
import type { Row } from './rows.ts';
import type { Stand } from './stand.ts';
import { runWrk } from './wrk.ts';

interface Sample {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the contender's own processes, nginx's not included. */
  cpuUsPerRequest: number;
  errors: number;
}

export interface Measurement extends Sample {
  row: string;
  contender: string;
}

export interface Plan {
  rows: readonly Row[];
  stands: readonly Stand[];
  rounds: number;
  seconds: number;
  /** Told what is about to run. */
  progress: (text: string) => void;
}

const WARM_UP_SECONDS = 1;

/** Contenders take turns within each round, so that a slow minute of the machine hits them all. */
export async function measure(plan: Plan): Promise<Measurement[]> {
  const { rows, stands, rounds, progress } = plan;
  const samples = new Map<string, Sample[]>();
  for (const row of rows) {
    for (const stand of stands) {
      progress(`warm-up: ${row.name}, ${stand.name}`);
      await checkAnswer(stand, row);
      await runWrk(stand.url + row.path, row.connections, WARM_UP_SECONDS);
    }
  }
  for (let round = 1; round <= rounds; round++) {
    for (const row of rows) {
      for (const stand of round % 2 === 0 ? stands.toReversed() : stands) {
        progress(`round ${round} of ${rounds}: ${row.name}, ${stand.name}`);
        const key = `${row.name}\n${stand.name}`;
        samples.set(key, [...(samples.get(key) ?? []), await sample(stand, row, plan.seconds)]);
      }
    }
  }
  return rows.flatMap((row) =>
    stands.map((stand) => ({
      row: row.name,
      contender: stand.name,
      ...summarize(samples.get(`${row.name}\n${stand.name}`) ?? []),
    })),
  );
}

async function sample(stand: Stand, row: Row, seconds: number): Promise<Sample> {
  const before = cpuTime(stand.pid);
  const run = await runWrk(stand.url + row.path, row.connections, seconds);
  const cpuUs = cpuTime(stand.pid) - before;
  return {
    requestsPerSecond: run.requests / (run.durationUs / 1_000_000),
    p50Ms: run.p50Us / 1_000,
    p99Ms: run.p99Us / 1_000,
    cpuUsPerRequest: cpuUs / run.requests,
    errors: run.errors,
  };
}

/** A wrong answer would be measured as a fast one. */
async function checkAnswer(stand: Stand, { path, bytes }: Row): Promise<void> {
  const { status, body } = await httpRequest(stand.url + path);
  if (status === 200 && body.length === bytes) return;
  throw new Error(`${stand.name} answers ${path} with ${status} and ${body.length} bytes`);
}

function summarize(samples: readonly Sample[]): Sample {
  const middle = (field: keyof Sample): number => median(samples.map((one) => one[field]));
  return {
    requestsPerSecond: middle('requestsPerSecond'),
    p50Ms: middle('p50Ms'),
    p99Ms: middle('p99Ms'),
    cpuUsPerRequest: middle('cpuUsPerRequest'),
    // Not a median: one error is one too many to hide.
    errors: samples.reduce((sum, { errors }) => sum + errors, 0),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}
