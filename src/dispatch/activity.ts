// What a worker has done and does, as both sides of dispatch see it.

import type { CountedEnd } from '../counts/request-counts.ts';

/** A request that a worker runs. */
export interface RunningRequest {
  readonly method: string;
  readonly uri: string;
  /** Its name in the log; absent: unknown. */
  readonly id?: string | undefined;
  /** Milliseconds of `performance.now()`, of whoever looks. */
  readonly startedAt: number;
  /** Its head is sent, or can no longer be: nobody else could answer it. */
  readonly headSent: boolean;
  /** Descriptor of its connection in the worker, for as long as its head is unsent; -1: unknown. */
  readonly fd: number;
}

/** A worker's share of the scoreboard, as the master sees it. Counts cover the worker's whole life. */
export interface WorkerActivity {
  /** Grows with each reload. */
  generation: number;
  /** Time that it took to become ready, milliseconds; 0 before. */
  bootMs: number;
  /** Connections finished. */
  served: number;
  /** Those of them that were answered 5xx, or not as they should have been. */
  errors: number;
  /** Bytes of request bodies read. */
  bytesIn: number;
  /** Bytes of response bodies sent. */
  bytesOut: number;
  /** The oldest request that runs; absent when none does, or it cannot be told which. */
  current?: RunningRequest | undefined;
}

/** Where a worker writes what it does: its line of the scoreboard. Called for every request. */
export interface ActivityLine {
  /** The handler is loaded. */
  booted(bootMs: number): void;
  /** This is the oldest request that runs. */
  show(request: RunningRequest): void;
  /** The head of the shown request is sent. */
  headSent(): void;
  /** The shown request is over. */
  clear(): void;
  /** Counts a connection that is over, under its kind: once for each that the worker was given. */
  count(kind: number, end: CountedEnd): void;
}

/** Characters of a method that are kept. */
export const METHOD_ROOM = 16;
/** Characters of a URI that are kept. */
export const URI_ROOM = 208;
/** Characters of an id that are kept: more than web servers make. */
export const ID_ROOM = 63;
/** What a text ends in that was cut. */
export const ELLIPSIS = '...';

/** Returns what of `text` is kept in so much room. */
export function cut(text: string, room: number): string {
  return text.length <= room ? text : text.slice(0, room - ELLIPSIS.length) + ELLIPSIS;
}
