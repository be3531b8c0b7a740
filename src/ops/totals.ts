// Makes of the rows that are counted what is told of them. Pure.

import { BOUNDS_MS } from '../counts/duration-buckets.ts';
import { COUNTED_OUTCOMES, STATUS_CLASSES } from '../counts/outcomes.ts';
import type { RequestCounts } from '../counts/request-counts.ts';
import {
  allDurations,
  bytesOf,
  durationsOf,
  errorsIn,
  pairsIn,
  queuedIn,
} from '../counts/request-counts.ts';
import type { DispatchCounts } from '../dispatch/dispatcher.ts';
import type {
  DurationHistogram,
  GenerationTotals,
  RequestTotals,
  ServerTotals,
} from './request-totals.ts';

/** Everything since the start. */
export function toServerTotals({ all, refused, waits }: DispatchCounts): ServerTotals {
  return { ...toRequestTotals(all), refused, waits: toHistogram(waits) };
}

/** The last few generations, oldest first. */
export function toGenerationTotals({ generations }: DispatchCounts): GenerationTotals[] {
  return generations.map(({ generation, counts }) => ({ generation, ...toRequestTotals(counts) }));
}

/** @param numbers - the sum of the durations, then a number for each bucket */
export function toHistogram([sum = 0, ...counts]: Float64Array): DurationHistogram {
  return { bounds: BOUNDS_MS, counts, sum };
}

/** Durations in a histogram. */
export function countIn({ counts }: DurationHistogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function toRequestTotals(counts: RequestCounts): RequestTotals {
  const pairs = pairsIn(counts);
  const bytes = bytesOf(counts);
  const outcomes = zeros(COUNTED_OUTCOMES);
  const statuses = zeros(STATUS_CLASSES);
  for (const { outcome, status, count } of pairs) {
    outcomes[outcome] += count;
    statuses[status] += count;
  }
  return {
    outcomes,
    statuses,
    pairs,
    errors: errorsIn(counts),
    bytesIn: bytes.in,
    bytesOut: bytes.out,
    durations: toHistogram(allDurations(counts)),
    durationsByStatus: byStatus(counts),
    queued: toHistogram(queuedIn(counts)),
  };
}

function byStatus(counts: RequestCounts): RequestTotals['durationsByStatus'] {
  const histograms = STATUS_CLASSES.map(
    (status) => [status, toHistogram(durationsOf(counts, status))] as const,
  );
  return Object.fromEntries(histograms.filter(([, histogram]) => countIn(histogram) > 0));
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
