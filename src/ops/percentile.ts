// Percentiles of the durations that a histogram counted between two looks at it. Pure.

import { BOUNDS_MS, BUCKETS } from '../counts/duration-buckets.ts';

/**
 * Returns the duration below which that share of the durations is: between the bounds of its bucket as far
 * as its place among those in it, so that it is wrong by half of a bucket at most.
 *
 * @param before - the histogram at the earlier look: its sum, then its buckets
 * @param share - 0.99 for p99
 * @returns milliseconds; `null` when nothing was counted in between
 */
export function percentileBetween(
  before: Float64Array,
  after: Float64Array,
  share: number,
): number | null {
  const counts = Array.from(
    { length: BUCKETS },
    (_, i) => (after[i + 1] ?? 0) - (before[i + 1] ?? 0),
  );
  const wanted = counts.reduce((sum, count) => sum + count, 0) * share;
  if (wanted <= 0) return null;
  let seen = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && seen + count >= wanted) return between(i, (wanted - seen) / count);
    seen += count;
  }
  return null;
}

/** What is above the last bound is told as the bound: nobody knows how far above. */
function between(bucket: number, place: number): number {
  const lower = BOUNDS_MS[bucket - 1] ?? 0;
  const upper = BOUNDS_MS[bucket] ?? lower;
  return Math.round((lower + (upper - lower) * place) * 1_000) / 1_000;
}
