// When a running request is to be told of: after the time of --slow-log, and again whenever its age has
// doubled. Pure.

import type { RunningEntry } from './running-table.ts';

export class SlowMarks {
  readonly #afterMs: number;
  /** Age at which a request is next due, by key, for those that have been due. */
  #next = new Map<string, number>();

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /**
   * Returns those that are due now; they are not again before they are twice as old.
   *
   * @param running - all that run: others are forgotten
   */
  take(running: readonly RunningEntry[], now: number): RunningEntry[] {
    const next = new Map<string, number>();
    const due = running.filter((entry) => {
      const key = keyOf(entry);
      const { startedAt } = entry;
      const mark = this.#next.get(key) ?? this.#afterMs;
      const isDue = now - startedAt >= mark;
      if (isDue) next.set(key, beyond(mark, now - startedAt));
      else if (mark !== this.#afterMs) next.set(key, mark);
      return isDue;
    });
    this.#next = next;
    return due;
  }

  /** These have just been told of, which took its time. */
  told(entries: readonly RunningEntry[], now: number): void {
    for (const entry of entries) {
      const key = keyOf(entry);
      this.#next.set(key, beyond(this.#next.get(key) ?? this.#afterMs, now - entry.startedAt));
    }
  }

  /** Time until one of them can be due, or any that begins from now on, milliseconds. */
  delay(running: readonly RunningEntry[], now: number): number {
    const delays = running.map(
      (entry) => entry.startedAt + (this.#next.get(keyOf(entry)) ?? this.#afterMs) - now,
    );
    return Math.max(0, Math.min(this.#afterMs, ...delays));
  }
}

function keyOf({ place, sequence }: RunningEntry): string {
  return `${place} ${sequence}`;
}

function beyond(mark: number, age: number): number {
  let next = mark;
  while (next <= age) next *= 2;
  return next;
}
