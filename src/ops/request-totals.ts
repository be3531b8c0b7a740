// Counts of connections, by what became of them. They only ever grow.

import type { OutcomeKind } from '../connection/outcome.ts';

/** `killed`: begun by a worker that died before the answer was done. */
export type CountedOutcome = OutcomeKind | 'killed';

/** A histogram of durations: how many were at most so long. */
export interface DurationHistogram {
  /** Upper bounds, milliseconds, ascending; one more count than bounds: the last is of all that were longer. */
  bounds: readonly number[];
  counts: number[];
  /** Sum of all durations, milliseconds. */
  sum: number;
}

export interface RequestTotals {
  /** Every connection that a worker began and that is over is in exactly one of these. */
  outcomes: Record<CountedOutcome, number>;
  /** Of those that were answered, by the first digit of the status: `2xx`. */
  statuses: Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx', number>;
  bytesIn: number;
  bytesOut: number;
  /** From hand-over to the end of the answer. */
  durations: DurationHistogram;
  /** Turned away by the master, or passed again; no worker began these. */
  refused: { queueTimeout: number; queueFull: number; stranger: number };
}
