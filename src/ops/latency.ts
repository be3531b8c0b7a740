// What a histogram of durations says, roughly. Pure.

import type { DurationHistogram } from './request-totals.ts';

/** All durations in it. */
export function total({ counts }: DurationHistogram): number {
  return counts.reduce((sum, n) => sum + n, 0);
}

/** Mean duration, milliseconds; `undefined`: there is none yet. */
export function mean(histogram: DurationHistogram): number | undefined {
  const n = total(histogram);
  return n === 0 ? undefined : histogram.sum / n;
}

/**
 * The bound below which that share of the durations is.
 *
 * @param share - 0.99 for p99
 * @returns milliseconds; Infinity: above the last bound; `undefined`: there is no duration yet
 */
export function percentile(histogram: DurationHistogram, share: number): number | undefined {
  const wanted = total(histogram) * share;
  if (wanted === 0) return undefined;
  let seen = 0;
  for (const [i, n] of histogram.counts.entries()) {
    seen += n;
    if (seen >= wanted) return histogram.bounds[i] ?? Infinity;
  }
  return Infinity;
}

/** `p50 <= 10 ms`, `p99 > 10 s` */
export function describePercentile(histogram: DurationHistogram, share: number): string {
  const name = `p${share * 100}`;
  const bound = percentile(histogram, share);
  if (bound === undefined) return `${name} unknown`;
  if (bound === Infinity) return `${name} > ${bounded(histogram.bounds.at(-1) ?? 0)}`;
  return `${name} <= ${bounded(bound)}`;
}

function bounded(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}
