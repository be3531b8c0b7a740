// How long a worker has begun connections in a row: timers, signals and sockets of the application have
// to have their turn.

/** The event loop turns after so many connections, or so many milliseconds. */
const MOST_CONNECTIONS = 32;
const LONGEST_MS = 2;

export class RunLength {
  #connections = 0;
  #since = 0;

  /** The event loop has turned. */
  restart(): void {
    this.#connections = 0;
    this.#since = performance.now();
  }

  /** One more is begun. */
  add(): void {
    this.#connections++;
  }

  get isLong(): boolean {
    if (this.#connections >= MOST_CONNECTIONS) return true;
    return performance.now() - this.#since > LONGEST_MS;
  }
}
