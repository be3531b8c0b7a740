// Orders to replace workers that nothing is wrong with, and what came of them.

import type { Logger } from '../ops/logger.ts';
import type { RecycleReceipt } from '../ops/operations.ts';
import type { WorkerHandle } from './worker-handle.ts';

type Worker = Pick<WorkerHandle, 'slot' | 'state' | 'worn'>;

/** Where the workers are found that take requests. */
interface ServingWorkers {
  readonly serving: readonly Worker[];
}

export interface RecycleOrder {
  /** Absent: all, one after the other. */
  slot: number | undefined;
  /** Who wants it, as the log says it. */
  reason: string;
  done?: ((receipt: RecycleReceipt) => void) | undefined;
}

interface Underway {
  workers: readonly Worker[];
  beganAt: number;
  done: ((receipt: RecycleReceipt) => void) | undefined;
}

/** Replacements that may fail to boot in a row; then the workers stay. */
const MOST_FAILED_BOOTS = 5;

export class RecycleOrders {
  readonly #workers: ServingWorkers;
  readonly #log: Logger;
  #underway: Underway[] = [];
  #failedBoots = 0;

  constructor({ workers, log }: { workers: ServingWorkers; log: Logger }) {
    this.#workers = workers;
    this.#log = log;
  }

  /** Marks the workers; the pool replaces them as its plan says. */
  begin({ slot, reason, done }: RecycleOrder): void {
    const workers = this.#workers.serving.filter(
      (worker) => slot === undefined || worker.slot === slot,
    );
    if (slot !== undefined && workers.length === 0) {
      const slots = this.#workers.serving.map((worker) => worker.slot).sort((a, b) => a - b);
      const which = slots.join(', ') || 'none';
      const error = `expected the slot of a worker that serves, which are ${which}; got ${slot}`;
      return this.refuse({ reason, done }, error);
    }
    const which = slot === undefined ? 'all workers' : `worker ${slot}`;
    this.#log.info(`${which} to be replaced: ${reason}`);
    const order = { workers, beganAt: performance.now(), done };
    for (const worker of workers) worker.worn ??= { reason, isResting: false, isOrdered: true };
    this.#failedBoots = 0;
    this.#underway.push(order);
    this.advance();
  }

  /** Nothing is replaced. */
  refuse({ reason, done }: Pick<RecycleOrder, 'reason' | 'done'>, why: string): void {
    this.#log.warn(`no worker is replaced (${reason}): ${why}`);
    end({ workers: [], beganAt: performance.now(), done }, why);
  }

  /** Looks which are replaced by now. */
  advance(): void {
    const done = this.#underway.filter(isDone);
    this.#underway = this.#underway.filter((order) => !isDone(order));
    for (const order of done) end(order);
  }

  booted(): void {
    this.#failedBoots = 0;
  }

  bootFailed(why: string): void {
    if (this.#underway.length === 0 || ++this.#failedBoots < MOST_FAILED_BOOTS) return;
    this.#log.error(`nothing more is replaced, since no replacement boots: ${why}`);
    for (const { workers } of this.#underway) {
      for (const worker of workers) if (worker.worn?.isOrdered === true) worker.worn = undefined;
    }
    this.stop(why);
  }

  /** Ends all of them. */
  stop(why: string): void {
    for (const order of this.#underway.splice(0)) end(order, why);
  }
}

function end({ workers, beganAt, done }: Underway, error?: string): void {
  done?.({
    ok: error === undefined,
    recycled: workers.filter(isGone).map(({ slot }) => slot),
    durationMs: Math.round(performance.now() - beganAt),
    ...(error === undefined ? {} : { error }),
  });
}

function isDone({ workers }: Underway): boolean {
  return workers.every(isGone);
}

function isGone({ state }: Worker): boolean {
  return state === 'exited';
}
