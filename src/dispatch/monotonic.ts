// The clock that all processes of a machine share (CLOCK_MONOTONIC), read without an allocation.

import { hrtime } from 'node:process';

/** The first look at a clock takes milliseconds, and any may lose the processor: the quickest counts. */
const LOOKS = 3;

const ORIGIN_MS: number = findOrigin();

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

function findOrigin(): number {
  let origin = 0;
  let quickest = Infinity;
  for (let i = 0; i < LOOKS; i++) {
    const before = performance.now();
    const shared = asMs(hrtime());
    const took = performance.now() - before;
    if (took >= quickest) continue;
    quickest = took;
    origin = shared - before - took / 2;
  }
  return origin;
}

function asMs([seconds, nanoseconds]: [number, number]): number {
  return seconds * 1_000 + nanoseconds / 1e6;
}
