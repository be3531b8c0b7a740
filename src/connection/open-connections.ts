// The connections of a worker that are not answered yet, or whose handler still runs, so that all of them can
// be ended at once, and each in its time.

import type { Outcome } from './outcome.ts';

/** Why everything ends, and with what it is answered. */
export interface StopOrder {
  reason: Error;
  status: 500 | 503;
}

/** A connection, seen by whoever ends it. */
export interface OpenConnection {
  /** When it was handed over, milliseconds of `performance.now()`. */
  readonly startedAt: number;
  /** Resolves when our side of it is ended or cut. */
  whenAnswered(): Promise<void>;
  /** What is asked, once that is known. */
  readonly identity: Outcome['request'];
  /** It is answered, and its handler done. */
  readonly isOver: boolean;
  /** Its handler goes on long after its time was over. */
  readonly isStuck: boolean;
  /** Ends it: with the status of the order where nothing was answered yet. */
  stop(order: StopOrder): void;
  /** If it is answered and stuck, and its worker leaves: its place is free, whatever its handler does. */
  giveUp(): void;
  /**
   * Reads what is left of its body, at once, until the peer has closed or `until` is over, milliseconds of
   * `performance.now()`: without it, the end of the process could destroy an answer that is on its way.
   */
  discardNow(until: number): void;
  /** Ends a request that runs for so many milliseconds, once. Nothing happens to one that does not run yet. */
  expire(elapsedMs: number): void;
}

export class OpenConnections {
  /** The one that was started last. While its handler is being called it is in no list. */
  latest: OpenConnection | undefined;
  readonly #connections = new Set<OpenConnection>();
  readonly #requestTimeout: number | undefined;
  #clock: NodeJS.Timeout | undefined;
  #order: StopOrder | undefined;
  #isLeaving = false;

  /** @param requestTimeout - longest time that a request may take, milliseconds; absent: no limit */
  constructor(requestTimeout?: number) {
    this.#requestTimeout = requestTimeout;
  }

  /** What has been told to all: it holds for connections that come later, too. */
  get order(): StopOrder | undefined {
    return this.#order;
  }

  /** How many are stuck. */
  get stuck(): number {
    return this.all().filter(({ isStuck }) => isStuck).length;
  }

  /** The worker leaves: what is answered and stuck is not waited for. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  leave(): void {
    this.#isLeaving = true;
    for (const connection of this.all()) connection.giveUp();
  }

  /** Counts a connection until it is answered and its handler done. */
  add(connection: OpenConnection): void {
    this.#connections.add(connection);
    if (this.#clock === undefined) this.#lookIn(this.#requestTimeout);
  }

  delete(connection: OpenConnection): void {
    this.#connections.delete(connection);
  }

  /** The requests that run, as the log names them. */
  requests(): NonNullable<Outcome['request']>[] {
    return this.all().flatMap(({ identity }) => identity ?? []);
  }

  /** All that are not over. */
  all(): OpenConnection[] {
    const all = new Set(this.#connections);
    if (this.latest?.isOver === false) all.add(this.latest);
    return [...all];
  }

  /** Ends everything, now and from now on. Resolves when all is answered; the caller bounds the wait. */
  async stopAll(order: StopOrder): Promise<void> {
    this.#order = order;
    const connections = this.all();
    for (const connection of connections) connection.stop(order);
    await Promise.all(connections.map((connection) => connection.whenAnswered()));
  }

  /** One timer for all of them: to be found here is all that the limit costs a request. */
  #lookIn(delayMs: number | undefined): void {
    if (delayMs === undefined) return;
    this.#clock = setTimeout(() => {
      this.#clock = undefined;
      const nextMs = this.#expireOverdue();
      if (this.#connections.size > 0) this.#lookIn(nextMs);
    }, delayMs);
  }

  /** @returns time until the next one may be due, milliseconds; undefined without a limit */
  #expireOverdue(): number | undefined {
    const limitMs = this.#requestTimeout;
    if (limitMs === undefined) return undefined;
    const now = performance.now();
    let nextMs = limitMs;
    for (const connection of this.#connections) {
      const ageMs = now - connection.startedAt;
      if (ageMs >= limitMs) connection.expire(Math.round(ageMs));
      else nextMs = Math.min(nextMs, limitMs - ageMs);
    }
    return nextMs;
  }
}
