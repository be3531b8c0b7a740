// Keeps a flood of equal events from flooding the log: the first is told at once, the rest are counted.

/** How long events are counted before they are told together, milliseconds. */
const QUIET_MS = 10_000;

interface Entry {
  count: number;
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
      return;
    }
    write(1);
    const timer = setTimeout(() => {
      const counted = this.#entries.get(key);
      this.#entries.delete(key);
      if (counted !== undefined && counted.count > 0) write(counted.count);
    }, QUIET_MS);
    this.#entries.set(key, { count: 0, timer: timer.unref() });
  }
}
