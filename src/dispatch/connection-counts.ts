// What a dispatcher has counted: connections that workers are done with, and those that it turned away.

import { countDuration, HISTOGRAM_LENGTH } from '../counts/duration-buckets.ts';
import type { GenerationCounts } from '../counts/generation-counts.ts';
import { GenerationLedger } from '../counts/generation-counts.ts';
import type { TurnAwayReason } from '../counts/outcomes.ts';
import { countKilled } from '../counts/request-counts.ts';
import type { DispatchCounts } from './dispatcher.ts';

export class ConnectionCounts {
  readonly #ledger = new GenerationLedger();
  readonly #waits = new Float64Array(HISTOGRAM_LENGTH);
  readonly #refused: Record<TurnAwayReason, number> = {
    queueTimeout: 0,
    bootTimeout: 0,
    queueFull: 0,
    stopping: 0,
    stranger: 0,
    silent: 0,
  };

  /** There are workers of this generation. */
  begin(generation: number): void {
    this.#ledger.begin(generation);
  }

  /** A worker is gone; `counts` is what it left, and ours from now on. @returns how many connections died with it */
  bury({ generation, counts }: GenerationCounts): number {
    const lost = countKilled(counts);
    this.#ledger.bury({ generation, counts });
    return lost;
  }

  turnAway(reason: TurnAwayReason): void {
    this.#refused[reason]++;
  }

  /** A connection was passed that had waited so long, milliseconds. */
  passed(waitedMs: number): void {
    countDuration(this.#waits, 0, waitedMs);
  }

  /** @param living - what the workers that live have counted by now */
  read(living: GenerationCounts[]): DispatchCounts {
    const refused = { ...this.#refused };
    return { ...this.#ledger.read(living), refused, waits: this.#waits.slice() };
  }
}
