// How long the backlog has waited while no credit is anywhere: when to call for a worker, and when
// to give up. Pure.

import { GROW_AFTER_MS } from '../dispatcher.ts';

/** After a call for a worker the next one comes no sooner, milliseconds. */
export const CALL_PAUSE_MS = 30;

export class BacklogClock {
  /** Next look at the backlog; `undefined` while nothing is known to wait there. */
  #due: number | undefined;
  #isLate = false;
  #stalledSince = 0;
  #begun = 0;

  /** When to look at the backlog; `undefined`: nothing waits. */
  get due(): number | undefined {
    return this.#due;
  }

  /** Something has waited for long enough to be told of. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** Something waits, and nobody can take it. `begun` counts what workers have begun so far. */
  start(now: number, begun: number): void {
    if (this.#due !== undefined) return;
    this.#due = now + GROW_AFTER_MS;
    this.#stalledSince = now;
    this.#begun = begun;
  }

  /** Nothing waits, or somebody can take it. */
  stop(): void {
    this.#due = undefined;
    this.#isLate = false;
  }

  /** It still waits. @returns since when nothing has been taken, milliseconds */
  look(now: number, begun: number): number {
    // Workers that die take their counts along, so only growth is progress.
    if (begun > this.#begun) this.#stalledSince = now;
    this.#begun = begun;
    this.#isLate = true;
    this.#due = now + CALL_PAUSE_MS;
    return this.#stalledSince;
  }
}
