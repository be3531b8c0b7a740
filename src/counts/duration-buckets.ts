// Into which of the fixed buckets of a histogram a duration falls. Fine enough to tell the median of a second
// from; those for Prometheus are a part of them. Pure.

/** Upper bounds, milliseconds: at most two and a half times the one before. */
export const BOUNDS_MS: readonly number[] = [
  0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300,
  500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 7_000, 10_000, 15_000, 20_000, 30_000, 60_000,
  120_000, 300_000,
];

/** One more than bounds: the last is of all that were longer. */
export const BUCKETS: number = BOUNDS_MS.length + 1;

/** Numbers that a histogram takes: the sum of its durations, then its buckets. */
export const HISTOGRAM_LENGTH: number = 1 + BUCKETS;

/** In memory of doubles, which is read faster; one in the middle spares long durations half of the way. */
const LIMITS = Float64Array.from([...BOUNDS_MS, Infinity]);
const MIDDLE = 15;
const MIDDLE_MS = LIMITS[MIDDLE] ?? 0;

/** Returns the first bucket that `ms` is not above. What is frequent is short, and found at once. */
export function bucketOf(ms: number): number {
  let bucket = ms > MIDDLE_MS ? MIDDLE + 1 : 0;
  while (ms > (LIMITS[bucket] ?? Infinity)) bucket++;
  return bucket;
}

/** Adds a duration to the histogram that begins at `offset`. Does not allocate. */
export function countDuration(numbers: Float64Array, offset: number, ms: number): void {
  const bucket = offset + 1 + bucketOf(ms);
  numbers[offset] = (numbers[offset] ?? 0) + ms;
  numbers[bucket] = (numbers[bucket] ?? 0) + 1;
}
