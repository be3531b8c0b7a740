// Who is told which requests run, and what came of every connection.

import type { Outcome } from './outcome.ts';

/** A request, seen by whoever observes it: the object is the same each time. */
export interface ObservedRequest {
  /** Its name in the log. */
  readonly id: string;
  readonly method: string;
  readonly uri: string;
  /** When its connection was handed over, milliseconds of `performance.now()`. */
  readonly startedAt: number;
  /** Its head is sent, or can no longer be. */
  readonly headSent: boolean;
  /** Descriptor of its connection, as long as its head is unsent; -1: unknown. */
  readonly fd: number;
}

/** Called synchronously, for every request: do little. Must not throw. */
export interface RequestObserver {
  /** The handler is about to be called. */
  begun(request: ObservedRequest): void;
  /** Its `headSent` has become true. */
  headSent(request: ObservedRequest): void;
  /** Its handler is done, and it is answered. */
  ended(request: ObservedRequest): void;
  /**
   * Told once of every connection what has become of it: when it is answered and its handler done, or, if it
   * failed, as soon as it is answered. It need not have `begun`.
   */
  counted(outcome: Outcome): void;
}
