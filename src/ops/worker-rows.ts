// The workers of a server as a table: one line each, those that matter first where not all fit. Pure.

import { age, memory } from './human.ts';
import type { WorkerStatus } from './server-status.ts';

const HEADINGS = ['slot', 'pid', 'state', 'age', 'done', 'failed', 'memory'];
const LAST_HEADING = 'doing';
/** What is odd comes first, what does nothing last. */
const ORDER: readonly WorkerStatus['state'][] = ['killed', 'draining', 'booting', 'busy', 'idle'];
/** These read better aligned at their left. */
const TEXT_COLUMNS = new Set(['state']);

/**
 * Returns a heading, and a line for each worker, by slot; or if there are more than `most` lines, those
 * that are odd or busy for longest, and a line that counts the others.
 */
export function workerRows(workers: readonly WorkerStatus[], most: number): string[] {
  if (workers.length === 0) return ['no workers'];
  const fits = workers.length + 1 <= most;
  const shown = fits
    ? bySlot(workers)
    : bySlot(byInterest(workers).slice(0, Math.max(most - 2, 1)));
  const table = align([HEADINGS, ...shown.map(cells)], [LAST_HEADING, ...shown.map(doing)]);
  return fits ? table : [...table, describeRest(workers, new Set(shown))];
}

function bySlot(workers: readonly WorkerStatus[]): WorkerStatus[] {
  return workers.toSorted((a, b) => a.slot - b.slot);
}

function byInterest(workers: readonly WorkerStatus[]): WorkerStatus[] {
  return workers.toSorted(
    (a, b) =>
      ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
      (b.current?.ageMs ?? 0) - (a.current?.ageMs ?? 0),
  );
}

function cells(worker: WorkerStatus): string[] {
  const { slot, pid, state, ageMs, requests, errors } = worker;
  const size = memory(worker.memory);
  return [slot, pid ?? '?', state, age(ageMs), requests, errors, size].map(String);
}

function doing(worker: WorkerStatus): string {
  const { current, running, reason } = worker;
  const leaves = reason === null ? [] : [`leaves: ${reason}`];
  if (current === null) {
    const others = running > 0 ? [`${running} running`] : idleFor(worker);
    return [...others, ...leaves].join('; ');
  }
  const more = running > 1 ? ` and ${running - 1} more` : '';
  const what = `${age(current.ageMs)} ${current.method} ${current.uri}${more}`;
  return [what, ...leaves].join('; ');
}

function idleFor({ state, idleMs }: WorkerStatus): string[] {
  return state === 'idle' && idleMs !== null ? [`idle for ${age(idleMs)}`] : [];
}

function describeRest(workers: readonly WorkerStatus[], shown: ReadonlySet<WorkerStatus>): string {
  const rest = workers.filter((worker) => !shown.has(worker));
  const counts = ORDER.map((state) => [state, rest.filter((one) => one.state === state).length])
    .filter(([, n]) => n !== 0)
    .map(([state, n]) => `${n} ${state}`);
  return `and ${rest.length} more: ${counts.join(', ')}`;
}

function align(rows: readonly string[][], last: readonly string[]): string[] {
  const widths = HEADINGS.map((_heading, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row, line) => {
    const padded = row.map((cell, i) => {
      const width = widths[i] ?? 0;
      return TEXT_COLUMNS.has(HEADINGS[i] ?? '') ? cell.padEnd(width) : cell.padStart(width);
    });
    return [...padded, last[line] ?? ''].join('  ').trimEnd();
  });
}
