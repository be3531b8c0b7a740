// Counts of workers that are gone, and of those that live, by generation. Pure.

import type { RequestCounts } from './request-counts.ts';
import { addCounts, newCounts } from './request-counts.ts';

/** The counts of all workers of one generation. */
export interface GenerationCounts {
  readonly generation: number;
  readonly counts: RequestCounts;
}

/** How many generations are kept apart. A server that reloads for years is not to grow by it. */
const KEPT = 4;

export class GenerationLedger {
  /** Of generations before those that are kept. */
  readonly #older: RequestCounts = newCounts();
  readonly #gone = new Map<number, RequestCounts>();
  #newest = 0;

  /** There are workers of this generation. */
  begin(generation: number): void {
    this.#newest = Math.max(this.#newest, generation);
    for (const [old, counts] of this.#gone) {
      if (this.#isKept(old)) continue;
      addCounts(this.#older, counts);
      this.#gone.delete(old);
    }
  }

  /** A worker is gone: its counts are final. */
  bury({ generation, counts }: GenerationCounts): void {
    addCounts(this.#of(this.#gone, generation), counts);
  }

  /** Everything, and the generations that are kept apart, oldest first. */
  read(living: Iterable<GenerationCounts>): {
    all: RequestCounts;
    generations: GenerationCounts[];
  } {
    const all = this.#older.slice();
    const kept = new Map(
      [...this.#gone].map(([generation, counts]) => [generation, counts.slice()]),
    );
    for (const { generation, counts } of living) {
      if (this.#isKept(generation)) addCounts(this.#of(kept, generation), counts);
      else addCounts(all, counts);
    }
    const generations = [...kept]
      .map(([generation, counts]) => ({ generation, counts }))
      .sort((a, b) => a.generation - b.generation);
    for (const { counts } of generations) addCounts(all, counts);
    return { all, generations };
  }

  #of(rows: Map<number, RequestCounts>, generation: number): RequestCounts {
    if (!this.#isKept(generation)) return this.#older;
    const row = rows.get(generation) ?? newCounts();
    rows.set(generation, row);
    return row;
  }

  #isKept(generation: number): boolean {
    return generation > this.#newest - KEPT;
  }
}
