// Workers that do not come for what they are passed although they run no request: they are stopped, or
// stuck outside of any. Pure but for its memory.

import type { WorkerBoard } from './worker-board.ts';

/** Since when a worker is silent, and what it had done by then, by the board. */
interface Silence {
  since: number;
  taken: number;
  served: number;
}

const NONE: number[] = [];

export class SilentWorkers {
  readonly #board: WorkerBoard;
  #limitMs: number;
  readonly #silences = new Map<number, Silence>();

  /** @param limitMs - time after which a silent worker is told of */
  constructor(board: WorkerBoard, limitMs: number) {
    this.#board = board;
    this.#limitMs = limitMs;
  }

  /** Another limit holds, for those that are silent as well. */
  change(limitMs: number): void {
    this.#limitMs = limitMs;
  }

  /** It has not come for what it was passed. */
  missed(slot: number, now: number): void {
    if (!this.#silences.has(slot)) this.#silences.set(slot, this.#silenceOf(slot, now));
  }

  /** It has given a sign of life, or is gone. */
  heard(slot: number): void {
    this.#silences.delete(slot);
  }

  /** When a worker will have been silent for too long; `undefined`: none is silent. */
  get due(): number | undefined {
    let due: number | undefined;
    for (const { since } of this.#silences.values()) {
      due = Math.min(due ?? Infinity, since + this.#limitMs);
    }
    return due;
  }

  /** Returns the slots of workers to tell of; of one that stays silent again after the same time. */
  look(now: number): number[] {
    if (this.#silences.size === 0) return NONE;
    const stuck: number[] = [];
    for (const [slot, { since, taken, served }] of this.#silences) {
      if (now - since < this.#limitMs) continue;
      const silence = this.#silenceOf(slot, now);
      if (silence.taken !== taken || silence.served !== served) this.#silences.delete(slot);
      else {
        // A request that keeps it has limits of its own; the silence begins when that is over.
        if (this.#board.running(slot) === 0) stuck.push(slot);
        this.#silences.set(slot, silence);
      }
    }
    return stuck;
  }

  #silenceOf(slot: number, since: number): Silence {
    return { since, taken: this.#board.taken(slot), served: this.#board.served(slot) };
  }
}
