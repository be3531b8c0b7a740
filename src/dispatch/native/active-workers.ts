// Which workers have served something lately, by their counts on the board.

import { availableParallelism } from 'node:os';
import type { WorkerBoard } from './worker-board.ts';

/** Asked once: it is looked at after every request. */
export const CORES: number = availableParallelism();

export class ActiveWorkers {
  readonly #board: WorkerBoard;
  readonly #served: Int32Array;

  constructor(board: WorkerBoard, slots: number) {
    this.#board = board;
    this.#served = new Int32Array(slots);
  }

  /** How many of the slots below `slot` have served a request since this was last asked. */
  countActive(slot: number): number {
    let active = 0;
    for (let i = 0; i < slot; i++) {
      const served = this.#board.served(i);
      if (served !== this.#served[i]) active++;
      this.#served[i] = served;
    }
    return active;
  }

  /**
   * As many workers as there are cores do all the work that cores can do; more of them only push each
   * other out of the caches. Those with the lowest slots go on.
   */
  isSurplus(slot: number): boolean {
    return this.countActive(slot) >= CORES;
  }
}
