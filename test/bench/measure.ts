// Measures the contenders of a scene in each of its rows, in turn, several times over, and keeps the medians.

import { checkAnswer } from './check-answer.ts';
import { cpuTime } from './cpu-time.ts';
import type { LoadRun } from './load-run.ts';
import { median } from './median.ts';
import type { Row } from './rows.ts';
import { runScgiLoad } from './scgi-load.ts';
import type { Stand } from './stand.ts';
import { runWrk } from './wrk.ts';

/** A row, or a whole contender, that could not be measured, and why. */
export interface Absence {
  row?: string;
  contender: string;
  reason: string;
}

interface Sample {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** Processor time of the contender's own processes. */
  cpuUsPerRequest: number;
  /** That of the load generator. */
  loadCpuUsPerRequest: number;
  /** That of nginx; 0 without it. */
  nginxCpuUsPerRequest: number;
  errors: number;
}

export interface Measurement extends Sample {
  /** Of the row. */
  id: string;
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

/** A row and a contender that answers it. */
interface Cell {
  row: Row;
  stand: Stand;
  answerBytes: number;
  samples: Sample[];
}

/**
 * Compilers work by the number of calls, not by the clock: a slow one would be measured cold. A short
 * look at whether everything runs does not wait for them.
 */
const WARM_UP_REQUESTS = 20_000;
const MOST_WARM_UPS = 5;
const LONGEST_WARM_UP_SECONDS = 1;

/** Contenders take turns within each round, so that a slow minute of the machine hits them all. */
export async function measure(
  plan: Plan,
): Promise<{ measurements: Measurement[]; absences: Absence[] }> {
  const { rows, rounds, seconds, progress } = plan;
  const { cells, absences } = await warmUp(plan);
  for (let round = 1; round <= rounds; round++) {
    for (const row of rows) {
      const ofRow = cells.filter((cell) => cell.row === row);
      for (const cell of round % 2 === 0 ? ofRow.toReversed() : ofRow) {
        progress(`round ${round} of ${rounds}: ${row.name}, ${cell.stand.name}`);
        cell.samples.push(await sample(cell, seconds));
      }
    }
  }
  const measurements = cells.map(({ row, stand, samples }) => ({
    id: row.id,
    row: row.name,
    contender: stand.name,
    ...summarize(samples),
  }));
  return { measurements, absences };
}

/** Finds out who answers what, and lets everybody compile. */
async function warmUp(plan: Plan): Promise<{ cells: Cell[]; absences: Absence[] }> {
  const cells: Cell[] = [];
  const absences: Absence[] = [];
  for (const row of plan.rows) {
    for (const stand of plan.stands) {
      plan.progress(`warm-up: ${row.name}, ${stand.name}`);
      try {
        const cell = { row, stand, answerBytes: await checkAnswer(stand, row), samples: [] };
        await warmUpCell(cell, plan.seconds);
        cells.push(cell);
      } catch (error) {
        absences.push({ row: row.name, contender: stand.name, reason: (error as Error).message });
      }
    }
  }
  return { cells, absences };
}

async function warmUpCell(cell: Cell, seconds: number): Promise<void> {
  const most = seconds < LONGEST_WARM_UP_SECONDS ? 1 : MOST_WARM_UPS;
  let requests = 0;
  for (let run = 0; run < most && requests < WARM_UP_REQUESTS; run++) {
    const done = await load(cell, Math.min(seconds, LONGEST_WARM_UP_SECONDS));
    requests += done.requests;
  }
}

function load({ row, stand, answerBytes }: Cell, seconds: number): Promise<LoadRun> {
  const { url, address } = stand;
  return url === undefined
    ? runScgiLoad(address, row, { seconds, answerBytes })
    : runWrk(url + row.request.path, row.connections, seconds);
}

async function sample(cell: Cell, seconds: number): Promise<Sample> {
  const { pid, nginx } = cell.stand;
  const used = (): [number, number] => [cpuTime(pid), nginx === undefined ? 0 : cpuTime(nginx.pid)];
  const before = used();
  const run = await load(cell, seconds);
  const after = used();
  return {
    requestsPerSecond: run.requests / run.seconds,
    p50Ms: run.p50Us / 1_000,
    p99Ms: run.p99Us / 1_000,
    maxMs: run.maxUs / 1_000,
    cpuUsPerRequest: (after[0] - before[0]) / run.requests,
    loadCpuUsPerRequest: run.cpuUs / run.requests,
    nginxCpuUsPerRequest: (after[1] - before[1]) / run.requests,
    errors: run.errors,
  };
}

function summarize(samples: readonly Sample[]): Sample {
  const middle = (field: keyof Sample): number => median(samples.map((one) => one[field]));
  return {
    requestsPerSecond: middle('requestsPerSecond'),
    p50Ms: middle('p50Ms'),
    p99Ms: middle('p99Ms'),
    maxMs: middle('maxMs'),
    cpuUsPerRequest: middle('cpuUsPerRequest'),
    loadCpuUsPerRequest: middle('loadCpuUsPerRequest'),
    nginxCpuUsPerRequest: middle('nginxCpuUsPerRequest'),
    // Not a median: one error is one too many to hide.
    errors: samples.reduce((sum, { errors }) => sum + errors, 0),
  };
}
