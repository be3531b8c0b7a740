// Looks for workers whose requests take too long. Its timer runs only while there are requests.

import { REQUEST_GRACE_MS, TELL_OVERDUE_MS } from '../dispatcher.ts';
import type { AttachedWorker } from './attached-worker.ts';

export class OverdueClock {
  readonly #workers: ReadonlyMap<number, AttachedWorker>;
  #limitMs: number | undefined;
  readonly #tell: (slot: number) => void;
  readonly #told = new WeakMap<AttachedWorker, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param requestTimeout - longest time that a request may take, milliseconds; absent: no limit */
  constructor(
    workers: ReadonlyMap<number, AttachedWorker>,
    requestTimeout: number | undefined,
    tell: (slot: number) => void,
  ) {
    this.#workers = workers;
    this.#tell = tell;
    this.#limitMs = limitOf(requestTimeout);
  }

  /** Another limit holds, for requests that run as well. */
  change(requestTimeout: number | undefined): void {
    this.#limitMs = limitOf(requestTimeout);
    this.stop();
    // Who calls is not told of anything before this has returned.
    if (this.#limitMs !== undefined) this.#lookIn(0);
  }

  /** A request begins. Comes with every one of them. */
  start(): void {
    if (this.#timer === undefined && this.#limitMs !== undefined) this.#lookIn(this.#limitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookIn(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look(performance.now());
    }, delayMs).unref();
  }

  #look(now: number): void {
    const limitMs = this.#limitMs ?? Infinity;
    let next: number | undefined;
    for (const [slot, worker] of this.#workers) {
      const { oldest } = worker.handed;
      if (oldest === undefined) continue;
      const due = Math.max(
        oldest + limitMs,
        (this.#told.get(worker) ?? -Infinity) + TELL_OVERDUE_MS,
      );
      next = Math.min(next ?? Infinity, due > now ? due : now + TELL_OVERDUE_MS);
      if (due > now) continue;
      this.#told.set(worker, now);
      this.#tell(slot);
    }
    // Those that begin meanwhile do not look at the clock: the next look comes before they are due.
    if (next !== undefined) this.#lookIn(Math.min(limitMs, Math.max(1, Math.ceil(next - now))));
  }
}

function limitOf(requestTimeout: number | undefined): number | undefined {
  return requestTimeout && requestTimeout + REQUEST_GRACE_MS;
}
