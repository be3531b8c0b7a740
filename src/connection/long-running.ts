// Direct connections whose handlers take their time. One that stays becomes a stream, whose socket is
// watched: so the peer's hang-up is seen, by one timer for all of them.

/** How often they are looked at, milliseconds; a hang-up is seen after twice as long at most. */
const SWEEP_MS = 100;

interface Direct {
  becomeStream(): void;
}

export class LongRunning {
  /** Those that came since the last look, and those that were there then. */
  #young = new Set<Direct>();
  #old = new Set<Direct>();
  #timer: NodeJS.Timeout | undefined;

  add(connection: Direct): void {
    this.#young.add(connection);
    this.#timer ??= setTimeout(() => this.#sweep(), SWEEP_MS);
  }

  /** Whether there is any beside `connection`. */
  hasOthers(connection: Direct): boolean {
    const all = this.#young.size + this.#old.size;
    return all > (this.#young.has(connection) || this.#old.has(connection) ? 1 : 0);
  }

  /** It is answered, or has become a stream. */
  delete(connection: Direct): void {
    if (this.#timer === undefined) return;
    if (!this.#young.delete(connection)) this.#old.delete(connection);
  }

  #sweep(): void {
    const isOver = this.#young.size === 0;
    const staying = this.#old;
    this.#old = this.#young;
    this.#young = new Set();
    this.#timer = isOver ? undefined : setTimeout(() => this.#sweep(), SWEEP_MS);
    for (const connection of staying) connection.becomeStream();
  }
}
