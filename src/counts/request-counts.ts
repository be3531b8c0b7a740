// All that is counted of a worker's connections, as one row of numbers: its worker writes it without an
// allocation, in shared memory where there is any; its master adds rows up. Pure.
//
//     0  connections begun
//     1  bytes of request bodies read
//     2  bytes of response bodies sent
//     3  connections that are over, by what became of them and by their status: a cell for each pair
//     …  a histogram of durations for each class of status
//     …  a histogram of the times before the hand-over, by the web server's clock
//
// Doubles count exactly up to 2^53, where words of 32 bits would be full after a day.

import { countDuration, HISTOGRAM_LENGTH } from './duration-buckets.ts';
import type { CountedOutcome, StatusClass } from './outcomes.ts';
import { COUNTED_OUTCOMES, STATUS_CLASSES } from './outcomes.ts';

const BEGUN = 0;
const BYTES_IN = 1;
const BYTES_OUT = 2;
const FIRST_PAIR = 3;
const CLASSES = STATUS_CLASSES.length;
const PAIRS = COUNTED_OUTCOMES.length * CLASSES;
const DURATIONS = FIRST_PAIR + PAIRS;
const QUEUED = DURATIONS + CLASSES * HISTOGRAM_LENGTH;

/** Numbers of a row. */
export const COUNTS_LENGTH: number = QUEUED + HISTOGRAM_LENGTH;

/** A row: `COUNTS_LENGTH` numbers. */
export type RequestCounts = Float64Array;

/** What is counted of a connection that is over. Durations are milliseconds. */
export interface CountedEnd {
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Time before the hand-over, by the web server's clock; absent: not known. */
  readonly queuedMs?: number | undefined;
}

/** What nobody is to blame for but the peer. Any of them answered 5xx is an error all the same. */
const HARMLESS: ReadonlySet<CountedOutcome> = new Set(['answered', 'refused', 'aborted', 'empty']);
const ANSWERED = COUNTED_OUTCOMES.indexOf('answered');
const KILLED = COUNTED_OUTCOMES.indexOf('killed');
const POSITIONS = Object.fromEntries(
  COUNTED_OUTCOMES.map((outcome, position) => [outcome, position]),
) as Record<CountedOutcome, number>;
const LAST_CLASS = CLASSES - 1;

export function newCounts(): RequestCounts {
  return new Float64Array(COUNTS_LENGTH);
}

/** What a connection that is over is counted as: a whole number below `KINDS`. */
export const KINDS: number = 2 * PAIRS;

/** Returns the kind of a request: by outcome, and by status, `undefined` where nothing was sent. */
export function requestKind(outcome: CountedOutcome, status: number | undefined): number {
  const position = outcome === 'answered' ? ANSWERED : POSITIONS[outcome];
  const digit = status === undefined ? 0 : Math.trunc(status / 100);
  return position * CLASSES + Math.min(digit, LAST_CLASS);
}

/** The same for a connection whose header block was never complete: its duration is not that of a request. */
export function connectionKind(outcome: CountedOutcome, status: number | undefined): number {
  return PAIRS + requestKind(outcome, status);
}

/** A connection is a worker's from now on. */
export function countBegun(counts: RequestCounts): void {
  add(counts, BEGUN, 1);
}

/** It never was: there is nothing to be served yet. */
export function uncountBegun(counts: RequestCounts): void {
  add(counts, BEGUN, -1);
}

/**
 * A connection is over. Its cell decides whether it is counted or dies with its worker: a single store.
 */
export function countEnd(
  counts: RequestCounts,
  kind: number,
  { durationMs, bytesIn, bytesOut, queuedMs }: CountedEnd,
): void {
  const isRequest = kind < PAIRS;
  const pair = isRequest ? kind : kind - PAIRS;
  add(counts, FIRST_PAIR + pair, 1);
  add(counts, BYTES_IN, bytesIn);
  add(counts, BYTES_OUT, bytesOut);
  if (!isRequest) return;
  countDuration(counts, DURATIONS + (pair % CLASSES) * HISTOGRAM_LENGTH, durationMs);
  if (queuedMs !== undefined) countDuration(counts, QUEUED, queuedMs);
}

/** The worker is gone: whatever it had begun and not counted died with it. @returns how many those are */
export function countKilled(counts: RequestCounts): number {
  const killed = Math.max(0, (counts[BEGUN] ?? 0) - countOver(counts));
  add(counts, FIRST_PAIR + KILLED * CLASSES, killed);
  return killed;
}

/** Connections that are over. */
export function countOver(counts: RequestCounts): number {
  let sum = 0;
  for (let pair = 0; pair < PAIRS; pair++) sum += counts[FIRST_PAIR + pair] ?? 0;
  return sum;
}

/** Adds `more` to `sum`. */
export function addCounts(sum: RequestCounts, more: RequestCounts): void {
  for (let i = 0; i < COUNTS_LENGTH; i++) add(sum, i, more[i] ?? 0);
}

/** Pairs that have occurred. */
export function pairsIn(
  counts: RequestCounts,
): { outcome: CountedOutcome; status: StatusClass; count: number }[] {
  return COUNTED_OUTCOMES.flatMap((outcome, position) =>
    STATUS_CLASSES.map((status, digit) => ({
      outcome,
      status,
      count: counts[FIRST_PAIR + position * CLASSES + digit] ?? 0,
    })),
  ).filter(({ count }) => count > 0);
}

/** Connections that the server or its application did not answer as it should have. */
export function errorsIn(counts: RequestCounts): number {
  return pairsIn(counts)
    .filter(({ outcome, status }) => status === '5xx' || !HARMLESS.has(outcome))
    .reduce((sum, { count }) => sum + count, 0);
}

export function bytesOf(counts: RequestCounts): { in: number; out: number } {
  return { in: counts[BYTES_IN] ?? 0, out: counts[BYTES_OUT] ?? 0 };
}

/** A histogram: its sum, then its buckets. */
export function durationsOf(counts: RequestCounts, status: StatusClass): Float64Array {
  const offset = DURATIONS + STATUS_CLASSES.indexOf(status) * HISTOGRAM_LENGTH;
  return counts.subarray(offset, offset + HISTOGRAM_LENGTH);
}

/** The same of all classes together. */
export function allDurations(counts: RequestCounts): Float64Array {
  const sum = new Float64Array(HISTOGRAM_LENGTH);
  for (let i = 0; i < CLASSES * HISTOGRAM_LENGTH; i++) {
    add(sum, i % HISTOGRAM_LENGTH, counts[DURATIONS + i] ?? 0);
  }
  return sum;
}

export function queuedIn(counts: RequestCounts): Float64Array {
  return counts.subarray(QUEUED, QUEUED + HISTOGRAM_LENGTH);
}

function add(numbers: Float64Array, index: number, by: number): void {
  numbers[index] = (numbers[index] ?? 0) + by;
}
