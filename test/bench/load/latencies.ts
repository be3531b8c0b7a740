// How long each request took: every one is kept, so that percentiles are exact.

const FIRST_CAPACITY = 65_536;

/** A growing list of times in milliseconds. */
export class Latencies {
  #times = new Float64Array(FIRST_CAPACITY);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(milliseconds: number): void {
    if (this.#count === this.#times.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#times);
      this.#times = larger;
    }
    this.#times[this.#count++] = milliseconds;
  }

  /** Returns p50, p99 and the longest, in microseconds; 0 where there was none. */
  summary(): { p50Us: number; p99Us: number; maxUs: number } {
    const sorted = this.#times.subarray(0, this.#count).toSorted();
    const at = (share: number): number =>
      Math.round(
        1_000 * (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0),
      );
    return { p50Us: at(0.5), p99Us: at(0.99), maxUs: at(1) };
  }
}
