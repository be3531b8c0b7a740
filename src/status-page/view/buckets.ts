// The samples of ten minutes, gathered into as many points as a chart can show. Pure.

import type { Sample } from '../../ops/server-status.ts';

export const SHOWN_MS = 600_000;
/** Length of a point. Its ends are round times, so that what has been drawn stays as it is. */
export const BUCKET_MS = 5_000;
const SECOND_MS = 1_000;

/** What happened in {@link BUCKET_MS}. */
export interface Bucket {
  /** When it begins. */
  readonly at: number;
  /** A second, on average. */
  readonly requests: number;
  readonly errors: number;
  /** Of the seconds in it the middle one's; `null`: no request ended. */
  readonly p50: number | null;
  /** The worst of its seconds; a peak must not vanish. */
  readonly p99: number | null;
  /** The longest. */
  readonly backlog: number;
  /** Most workers busy at once, and most there were. */
  readonly busy: number;
  readonly workers: number;
}

/** Returns the buckets that there are samples for, oldest first. */
export function toBuckets(samples: readonly Sample[]): Bucket[] {
  const byTime = new Map<number, Sample[]>();
  for (const sample of samples) {
    const at = Math.floor(sample.at / BUCKET_MS) * BUCKET_MS;
    const others = byTime.get(at);
    if (others === undefined) byTime.set(at, [sample]);
    else others.push(sample);
  }
  return [...byTime].map(([at, group]) => gather(at, group)).toSorted((a, b) => a.at - b.at);
}

/** Gathers buckets, or samples, of any length into one. */
function gather(at: number, group: readonly Sample[]): Bucket {
  return {
    at,
    requests: mean(group.map(({ requests }) => requests)),
    errors: mean(group.map(({ errors }) => errors)),
    p50: median(present(group.map(({ p50 }) => p50))),
    p99: most(present(group.map(({ p99 }) => p99))),
    backlog: most(group.map(({ backlog }) => backlog)) ?? 0,
    busy: most(group.map(({ busy }) => busy)) ?? 0,
    workers: most(group.map(({ workers }) => workers)) ?? 0,
  };
}

/** Returns the same by the minute, oldest first. */
export function toMinutes(samples: readonly Sample[]): Bucket[] {
  const minute = 60 * SECOND_MS;
  const starts = [...new Set(samples.map(({ at }) => Math.floor(at / minute) * minute))];
  return starts
    .toSorted((a, b) => a - b)
    .map((start) =>
      gather(
        start,
        samples.filter(({ at }) => at >= start && at < start + minute),
      ),
    );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}

function most(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

function present(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}
