import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOUNDS_MS, bucketOf, BUCKETS } from '../../../src/counts/duration-buckets.ts';
import type { CountedOutcome } from '../../../src/counts/outcomes.ts';
import { COUNTED_OUTCOMES } from '../../../src/counts/outcomes.ts';
import {
  addCounts,
  allDurations,
  bytesOf,
  connectionKind,
  countBegun,
  countEnd,
  countKilled,
  countOver,
  durationsOf,
  errorsIn,
  KINDS,
  newCounts,
  pairsIn,
  queuedIn,
  requestKind,
  uncountBegun,
} from '../../../src/counts/request-counts.ts';

const NOTHING = { durationMs: 1, bytesIn: 0, bytesOut: 0 };
const sumOf = (numbers: Float64Array): number => numbers.slice(1).reduce((a, b) => a + b, 0);

describe('a row of counts', () => {
  it('has one cell for each outcome and class of status', () => {
    const counts = newCounts();
    const pairs = COUNTED_OUTCOMES.flatMap((outcome) =>
      [undefined, 100, 204, 304, 404].map((status) => [outcome, status] as const),
    );
    for (const [outcome, status] of pairs) countEnd(counts, requestKind(outcome, status), NOTHING);
    expect(pairsIn(counts).map(({ count }) => count)).toEqual(pairs.map(() => 1));
    expect(countOver(counts)).toBe(pairs.length);
  });

  it('keeps durations by status, bytes, and the time before the hand-over', () => {
    const counts = newCounts();
    countEnd(counts, requestKind('answered', 200), { durationMs: 3, bytesIn: 5, bytesOut: 7 });
    countEnd(counts, requestKind('answered', 404), { ...NOTHING, durationMs: 4, queuedMs: 9 });
    expect(bytesOf(counts)).toEqual({ in: 5, out: 7 });
    expect([durationsOf(counts, '2xx')[0], durationsOf(counts, '4xx')[0]]).toEqual([3, 4]);
    expect([allDurations(counts)[0], sumOf(allDurations(counts))]).toEqual([7, 2]);
    expect([queuedIn(counts)[0], sumOf(queuedIn(counts))]).toEqual([9, 1]);
  });

  it('times no connection that never was a request', () => {
    const counts = newCounts();
    countEnd(counts, connectionKind('malformed', 400), { ...NOTHING, durationMs: 5_000 });
    expect(pairsIn(counts)).toEqual([{ outcome: 'malformed', status: '4xx', count: 1 }]);
    expect(sumOf(allDurations(counts))).toBe(0);
    expect(connectionKind('killed', 599)).toBe(KINDS - 1);
  });

  it.each([
    [1, 'answered', 500],
    [1, 'handler-failed', undefined],
    [1, 'response-short', 200],
    [1, 'timed-out', 408],
    [1, 'killed', undefined],
    [0, 'answered', 404],
    [0, 'aborted', undefined],
    [1, 'aborted', 500],
    [0, 'refused', 413],
    [0, 'empty', undefined],
  ] satisfies [number, CountedOutcome, number | undefined][])(
    'has %i error for %s with status %s',
    (errors, outcome, status) => {
      const counts = newCounts();
      countEnd(counts, requestKind(outcome, status), NOTHING);
      expect(errorsIn(counts)).toBe(errors);
    },
  );

  it('takes what was begun and is not over for killed, wherever the writer stopped', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('begin', 'back', 'end')), (steps) => {
        const counts = newCounts();
        let open = 0;
        let over = 0;
        for (const step of steps) {
          if (step === 'begin') {
            countBegun(counts);
            open++;
          } else if (open > 0) {
            open--;
            if (step === 'back') uncountBegun(counts);
            else countEnd(counts, requestKind('answered', 200), NOTHING);
            if (step === 'end') over++;
          }
        }
        expect(countKilled(counts)).toBe(open);
        expect(countOver(counts)).toBe(over + open);
        expect(countKilled(counts)).toBe(0);
      }),
    );
  });

  it('adds up', () => {
    const [one, two] = [newCounts(), newCounts()];
    for (const counts of [one, two, two]) {
      countEnd(counts, requestKind('aborted', undefined), { ...NOTHING, bytesIn: 2 });
    }
    addCounts(one, two);
    expect([countOver(one), bytesOf(one).in, sumOf(durationsOf(one, 'none'))]).toEqual([3, 6, 3]);
  });
});

describe('a bucket of durations', () => {
  it('holds what is at most as long as its bound, and longer than the one before', () => {
    for (const [i, bound] of BOUNDS_MS.entries()) {
      expect([bucketOf(bound), bucketOf(bound * 1.000_001)]).toEqual([i, i + 1]);
    }
    expect([bucketOf(0), bucketOf(-1), bucketOf(1e12)]).toEqual([0, 0, BUCKETS - 1]);
  });

  it('has a bound of at most two and a half times the one before', () => {
    expect(BOUNDS_MS.slice(1).every((bound, i) => bound / (BOUNDS_MS[i] ?? 0) <= 2.5)).toBe(true);
  });
});
