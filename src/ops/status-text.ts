// A server's status on one screen, for somebody who was just woken up: the first line says whether all is
// well. Pure.

import { count } from '../count.ts';
import { age, fit, memory, percent, rate } from './human.ts';
import type { Judgement } from './judgement.ts';
import { judge } from './judgement.ts';
import { describePercentile, total } from './latency.ts';
import type { ServerStatus, WorkerStatus } from './server-status.ts';
import type { Situation } from './situation.ts';
import { assess, now } from './situation.ts';
import { escapeControls } from './text-format.ts';
import { workerRows } from './worker-rows.ts';

export interface Screen {
  /** Characters in a line. */
  columns: number;
  /** Lines; as few workers are shown as it takes. */
  rows: number;
}

/** A terminal as they have always been. */
export const USUAL_SCREEN: Screen = { columns: 80, rows: 24 };
/** The newest are what one looks for. */
const MOST_EVENTS = 3;
/** Fewer workers are no table. */
const FEWEST_ROWS = 4;

/** Returns the lines, each of at most `columns` characters, none with a control character. */
export function statusText(status: ServerStatus, screen: Screen = USUAL_SCREEN): string[] {
  const situation = assess(status);
  const head = [
    firstLine(judge(status)),
    '',
    describeServer(status),
    ...status.listeners.map(describeListener),
    ...describeRequests(status),
    describePool(status, situation),
  ];
  const events = describeEvents(status);
  const room = screen.rows - head.length - events.length - 1;
  const table = workerRows(status.workers, Math.max(room, FEWEST_ROWS));
  return [...head, '', ...table, ...events].map((line) =>
    fit(escapeControls(line), screen.columns),
  );
}

function firstLine({ level, headline, detail }: Judgement): string {
  const more = level === 'warning' || level === 'bad' ? '; see status --why' : '';
  return `${headline}: ${detail}${more}`;
}

function describeServer(status: ServerStatus): string {
  const { version, pid, node, dispatch, generation, uptimeMs } = status;
  const program = `${version} on node ${node}, ${dispatch}`;
  return `server    ${program}, pid ${pid}, generation ${generation}, up ${age(uptimeMs)}`;
}

function describeListener({ address, backlog, limit }: ServerStatus['listeners'][number]): string {
  const most = limit === null ? '' : ` of ${limit}`;
  return `listens   ${address}, ${backlog === null ? 'backlog not known' : `backlog ${backlog}${most}`}`;
}

function describeRequests({ totals, rates }: ServerStatus): string[] {
  const { outcomes, refused, durations } = totals;
  const all = Object.values(outcomes).reduce((sum, n) => sum + n, 0);
  const turnedAway = Object.values(refused).reduce((sum, n) => sum + n, 0);
  const failed = totals.statuses['5xx'];
  const counts = [
    `${all} done`,
    `${failed} answered 5xx`,
    ...some(outcomes.killed, 'killed'),
    ...some(outcomes.aborted, 'aborted'),
    ...some(outcomes['timed-out'], 'timed out'),
    ...some(turnedAway, 'turned away'),
  ];
  const lines = [`requests  ${counts.join(', ')}`];
  if (rates !== undefined) {
    const pace = `${rate(rates.requestsPerSecond)} requests/s`;
    const bad = `${rate(rates.errorsPerSecond)} errors/s`;
    lines.push(`now       ${pace}, ${bad}, workers ${percent(rates.busy)} busy`);
  }
  if (total(durations) > 0) {
    const shares = [0.5, 0.9, 0.99].map((share) => describePercentile(durations, share));
    lines.push(`takes     ${shares.join(', ')}`);
  }
  return lines;
}

function some(n: number, what: string): string[] {
  return n === 0 ? [] : [`${n} ${what}`];
}

function describePool({ limits, workers }: ServerStatus, { counts, waiting }: Situation): string {
  const { minWorkers, maxWorkers, concurrency } = limits;
  const states = Object.entries(counts).flatMap(([state, n]) => some(n, state));
  const resident = sumOfMemory(workers);
  return [
    `workers   ${states.join(', ') || 'none'}`,
    `${minWorkers} to ${maxWorkers} allowed`,
    ...(concurrency > 1 ? [`${concurrency} requests each`] : []),
    ...(resident === null ? [] : [memory(resident)]),
    `${count(waiting, 'connection')} waiting`,
  ].join(', ');
}

function sumOfMemory(workers: readonly WorkerStatus[]): number | null {
  const known = workers.flatMap((worker) => (worker.memory === null ? [] : [worker.memory]));
  return known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
}

function describeEvents(status: ServerStatus): string[] {
  if (status.events.length === 0) return [];
  const lines = status.events.slice(-MOST_EVENTS).map(({ at, message }) => {
    return `${age(now(status) - at).padStart(9)} ago  ${message}`;
  });
  return ['', ...lines];
}
