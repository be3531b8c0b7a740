// One reload from its beginning to its receipt, and those that wait for their turn. No I/O; time is a parameter.

import type { ReloadReceipt } from '../ops/operations.ts';

/** Somebody wants a reload. */
export interface ReloadOrder {
  /** Without reading the settings again. */
  onlyCode: boolean;
  /** Who, as the log says it. */
  reason: string;
  done?: ((receipt: ReloadReceipt) => void) | undefined;
}

/** Boots that may fail in a row once the new generation serves; then the reload is over, and incomplete. */
const MOST_FAILED_BOOTS = 5;

export class ReloadRun {
  readonly onlyCode: boolean;
  readonly reason: string;
  /** Keys of changed options that only a restart can change. */
  ignored: readonly string[] = [];
  readonly #beganAt: number;
  readonly #workers: ReloadReceipt['workers'] = [];
  #drained = 0;
  #killed = 0;
  #failedBoots = 0;

  constructor(orders: readonly ReloadOrder[], now: number) {
    this.onlyCode = orders.every((order) => order.onlyCode);
    this.reason = [...new Set(orders.map(({ reason }) => reason))].join(', ');
    this.#beganAt = now;
  }

  /** A worker of the new generation became ready. */
  ready(worker: ReloadReceipt['workers'][number]): void {
    this.#failedBoots = 0;
    this.#workers.push(worker);
  }

  /** A worker did not boot. @returns whether that has happened too often to go on waiting */
  bootFailed(): boolean {
    this.#failedBoots++;
    return this.#failedBoots >= MOST_FAILED_BOOTS;
  }

  /** An old worker is gone: it had finished, or it had to be ended. */
  left(hadFinished: boolean): void {
    if (hadFinished) this.#drained++;
    else this.#killed++;
  }

  /** What came of it; `generation` is the one that serves now. */
  receipt(generation: number, now: number, error?: string): ReloadReceipt {
    return {
      ok: error === undefined,
      generation,
      workers: [...this.#workers],
      drained: this.#drained,
      killed: this.#killed,
      durationMs: Math.round(now - this.#beganAt),
      ignored: [...this.ignored],
      ...(error === undefined ? {} : { error }),
    };
  }
}

/**
 * One reload at a time. Those that come meanwhile are done by the next one, together: what they want to bring
 * into service may be newer than what the present one has read.
 */
export class ReloadQueue {
  readonly #waiting: ReloadOrder[] = [];
  #present: { run: ReloadRun; orders: readonly ReloadOrder[] } | undefined;

  /** The one that runs. */
  get run(): ReloadRun | undefined {
    return this.#present?.run;
  }

  add(order: ReloadOrder): void {
    this.#waiting.push(order);
  }

  /** Returns those that wait, which will not have their turn. */
  takeWaiting(): ReloadOrder[] {
    return this.#waiting.splice(0);
  }

  /** Begins the next one. @returns nothing while one runs, or when none is wanted */
  next(now: number): ReloadRun | undefined {
    if (this.#present !== undefined || this.#waiting.length === 0) return undefined;
    const orders = this.#waiting.splice(0);
    this.#present = { run: new ReloadRun(orders, now), orders };
    return this.#present.run;
  }

  /** The one that runs is over: tells everybody who wanted it. */
  finish(receipt: ReloadReceipt): void {
    const orders = this.#present?.orders ?? [];
    this.#present = undefined;
    for (const { done } of orders) done?.(receipt);
  }
}
