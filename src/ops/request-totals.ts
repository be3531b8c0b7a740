// Counts of connections, by what became of them. They only ever grow.

import type { CountedOutcome, StatusClass, TurnAwayReason, WorkerEnd } from '../counts/outcomes.ts';

/** A histogram of durations: how many were at most so long. */
export interface DurationHistogram {
  /** Upper bounds, milliseconds, ascending; one more count than bounds: the last is of all that were longer. */
  bounds: readonly number[];
  /** Each of its own bucket alone, not added up. */
  counts: number[];
  /** Sum of all durations, milliseconds. */
  sum: number;
}

/** Connections that workers began and that are over. */
export interface RequestTotals {
  /** Every one of them is in exactly one of these. */
  outcomes: Record<CountedOutcome, number>;
  /** Every one of them is in exactly one of these, too. */
  statuses: Record<StatusClass, number>;
  /** The same, by both: those pairs that have occurred. */
  pairs: { outcome: CountedOutcome; status: StatusClass; count: number }[];
  /** Those that the server or its application is to blame for. */
  errors: number;
  bytesIn: number;
  bytesOut: number;
  /** From hand-over to the end of the answer, of those whose header block was complete, but for `killed`. */
  durations: DurationHistogram;
  /** The same by status; classes that have occurred. */
  durationsByStatus: Partial<Record<StatusClass, DurationHistogram>>;
  /**
   * From the web server's own time stamp to the hand-over, where it sends one and `--request-start` is
   * on; else empty.
   */
  queued: DurationHistogram;
}

/** Those of one generation of workers. */
export interface GenerationTotals extends RequestTotals {
  generation: number;
}

/** What the master itself counts. */
export interface MasterTotals {
  /** No worker began these. */
  refused: Record<TurnAwayReason, number>;
  /** How long those that the dispatcher passed had waited there; what workers took themselves had not. */
  waits: DurationHistogram;
}

/** Since the start of the server, workers that are gone included. */
export interface ServerTotals extends RequestTotals, MasterTotals {}

/** The lives of workers. */
export interface WorkerTotals {
  /** Every worker that is gone is in exactly one of these. */
  ended: Record<WorkerEnd, number>;
  /** How long those took to boot that became ready. */
  boots: DurationHistogram;
  reloads: { done: number; failed: number };
}
