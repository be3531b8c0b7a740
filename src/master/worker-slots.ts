// The workers of a pool, each in its slot. No I/O.

import type { WorkerHandle } from './worker-handle.ts';
import { isLive } from './worker-state.ts';

export class WorkerSlots {
  readonly #workers = new Map<number, WorkerHandle>();

  get size(): number {
    return this.#workers.size;
  }

  /** In the order in which they were spawned. */
  get all(): WorkerHandle[] {
    return [...this.#workers.values()];
  }

  /** Those that are there to be reckoned with. */
  get reachable(): WorkerHandle[] {
    return this.all.filter(({ isLost }) => !isLost);
  }

  /** Those that take connections, or will when they have booted. */
  get serving(): WorkerHandle[] {
    return this.all.filter(({ state, worn }) => isLive(state) && worn?.isResting !== true);
  }

  /** How many have booted and are not told to leave. */
  get ready(): number {
    return this.all.filter(({ state }) => state === 'ready').length;
  }

  /** The lowest slot without a worker. */
  get free(): number {
    let slot = 0;
    while (this.#workers.has(slot)) slot++;
    return slot;
  }

  at(slot: number): WorkerHandle | undefined {
    return this.#workers.get(slot);
  }

  add(worker: WorkerHandle): void {
    this.#workers.set(worker.slot, worker);
  }

  remove({ slot }: WorkerHandle): void {
    this.#workers.delete(slot);
  }
}
