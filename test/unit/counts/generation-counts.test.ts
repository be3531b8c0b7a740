import { describe, expect, it } from 'vitest';
import { GenerationLedger } from '../../../src/counts/generation-counts.ts';
import type { RequestCounts } from '../../../src/counts/request-counts.ts';
import { countEnd, countOver, newCounts, requestKind } from '../../../src/counts/request-counts.ts';

const row = (served: number): RequestCounts => {
  const counts = newCounts();
  const end = { durationMs: 1, bytesIn: 0, bytesOut: 0 };
  for (let i = 0; i < served; i++) countEnd(counts, requestKind('answered', 200), end);
  return counts;
};

/** All, and the generations that are told apart. */
function read(
  ledger: GenerationLedger,
  living: [generation: number, served: number][] = [],
): [all: number, generations: [generation: number, served: number][]] {
  const rows = living.map(([generation, served]) => ({ generation, counts: row(served) }));
  const { all, generations } = ledger.read(rows);
  return [
    countOver(all),
    generations.map(({ generation, counts }) => [generation, countOver(counts)]),
  ];
}

describe('counts by generation', () => {
  it('are those of workers that are gone and of those that live', () => {
    const ledger = new GenerationLedger();
    ledger.begin(0);
    ledger.bury({ generation: 0, counts: row(2) });
    ledger.begin(1);
    ledger.bury({ generation: 0, counts: row(3) });
    expect(
      read(ledger, [
        [0, 4],
        [1, 8],
      ]),
    ).toEqual([
      17,
      [
        [0, 9],
        [1, 8],
      ],
    ]);
    // To look changes nothing.
    expect(read(ledger)).toEqual([5, [[0, 5]]]);
  });

  it('are kept apart for the last few, and never lost', () => {
    const ledger = new GenerationLedger();
    let before = 0;
    for (let generation = 0; generation < 50; generation++) {
      ledger.begin(generation);
      const [begun] = read(ledger, [[generation, 1]]);
      expect(begun).toBe(before + 1);
      ledger.bury({ generation, counts: row(1) });
      const [all, generations] = read(ledger);
      expect(all).toBe(before + 1);
      expect(generations.length).toBeLessThanOrEqual(4);
      expect(generations.at(-1)).toEqual([generation, 1]);
      before = all;
    }
  });

  it('go to all alone where a worker outlives its generation by many reloads', () => {
    const ledger = new GenerationLedger();
    for (let generation = 0; generation <= 9; generation++) ledger.begin(generation);
    expect(read(ledger, [[0, 5]])).toEqual([5, []]);
    ledger.bury({ generation: 0, counts: row(5) });
    expect(read(ledger)).toEqual([5, []]);
  });
});
