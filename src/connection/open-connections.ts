// The connections of a worker that are not answered yet, or whose handler still runs, so that all of them can
// be ended at once, and each in its time.

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
  /** Method and URI, once they are known. */
  readonly title: string | undefined;
  /** Ends it: with the status of the order where nothing was answered yet. */
  stop(order: StopOrder): void;
  /** Ends a request that runs for so many milliseconds, once. Nothing happens to one that does not run yet. */
  expire(elapsedMs: number): void;
}

export class OpenConnections {
  readonly #connections = new Set<OpenConnection>();
  readonly #requestTimeout: number | undefined;
  #clock: NodeJS.Timeout | undefined;
  #order: StopOrder | undefined;

  /** @param requestTimeout - longest time that a request may take, milliseconds; absent: no limit */
  constructor(requestTimeout?: number) {
    this.#requestTimeout = requestTimeout;
  }

  /** What has been told to all: it holds for connections that come later, too. */
  get order(): StopOrder | undefined {
    return this.#order;
  }

  /** Counts a connection until it is answered and its handler done. */
  add(connection: OpenConnection): void {
    this.#connections.add(connection);
    if (this.#clock === undefined) this.#lookIn(this.#requestTimeout);
  }

  delete(connection: OpenConnection): void {
    this.#connections.delete(connection);
  }

  /** The requests that run. */
  titles(): string[] {
    return [...this.#connections].flatMap(({ title }) => title ?? []);
  }

  /** Ends everything, now and from now on. Resolves when all is answered; the caller bounds the wait. */
  async stopAll(order: StopOrder): Promise<void> {
    this.#order = order;
    const connections = [...this.#connections];
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
