// Keeps a flood of equal events from flooding the log: the first is told at once, the rest are counted.

/** How long events are counted before they are told together, milliseconds. */
const QUIET_MS = 10_000;

interface Entry {
  count: number;
  /** Tells the last of the counted events. */
  write: (times: number) => void;
  timer: NodeJS.Timeout;
}

export class LogThrottle {
  readonly #entries = new Map<string, Entry>();

  /**
   * @param key - events of one key are counted together
   * @param write - called now for the first event, and once for all that follow within ten seconds
   */
  note(key: string, write: (times: number) => void): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.count++;
      entry.write = write;
      return;
    }
    write(1);
    const timer = setTimeout(() => this.#tell(key), QUIET_MS).unref();
    this.#entries.set(key, { count: 0, write, timer });
  }

  /** Tells now what was counted. */
  flush(): void {
    for (const key of this.#entries.keys()) this.#tell(key);
  }

  #tell(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    this.#entries.delete(key);
    if (entry.count > 0) entry.write(entry.count);
  }
}
