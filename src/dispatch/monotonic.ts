// The clock that all processes of a machine share (CLOCK_MONOTONIC), read without an allocation.

import { hrtime } from 'node:process';

const ORIGIN_MS: number = asMs(hrtime()) - performance.now();

/** Milliseconds of the shared clock, from those of this thread's `performance.now()`. */
export function toMonotonic(ms: number): number {
  return ms + ORIGIN_MS;
}

/** Milliseconds of this thread's `performance.now()`, from those of the shared clock. */
export function fromMonotonic(ms: number): number {
  return ms - ORIGIN_MS;
}

/** Now, by the shared clock. */
export function monotonicMs(): number {
  return performance.now() + ORIGIN_MS;
}

function asMs([seconds, nanoseconds]: [number, number]): number {
  return seconds * 1_000 + nanoseconds / 1e6;
}
