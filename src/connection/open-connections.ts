// The connections of a worker that are not answered yet, so that all of them can be ended at once.

/** Why everything ends, and with what it is answered. */
export interface StopOrder {
  reason: Error;
  status: 500 | 503;
}

/** A connection, seen by whoever ends it. */
export interface OpenConnection {
  /** Resolves when our side of it is ended or cut. */
  whenAnswered(): Promise<void>;
  /** Method and URI, once they are known. */
  readonly title: string | undefined;
  /** Ends it: with the status of the order where nothing was answered yet. */
  stop(order: StopOrder): void;
}

export class OpenConnections {
  readonly #connections = new Set<OpenConnection>();
  #order: StopOrder | undefined;

  /** What has been told to all: it holds for connections that come later, too. */
  get order(): StopOrder | undefined {
    return this.#order;
  }

  /** Counts a connection until it is answered. */
  add(connection: OpenConnection): void {
    this.#connections.add(connection);
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
}
