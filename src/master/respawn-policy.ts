// When a worker may be spawned after another died. Pure but for its memory; time is a parameter.

/** Delay after the first failed boot, doubled by each further one, milliseconds. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 30_000;
/** A pool replaces at most this many dead workers in `CRASH_WINDOW_MS`. */
const CRASHES_PER_WINDOW = 10;
const CRASH_WINDOW_MS = 1_000;
/** A worker that dies sooner after it was ready, without a request, was never of use, milliseconds. */
const OF_USE_AFTER_MS = 5_000;
/** Failures before a worker was ready count on, if that one was of no use either, for so long, milliseconds. */
const MEMORY_MS = 2 * LONGEST_DELAY_MS;

/** The life of a worker that had become ready. */
export interface ReadyLife {
  /** Connections that it had begun, finished or not. */
  begun: number;
  readyForMs: number;
  /** Somebody else has ended it, by SIGKILL. */
  wasKilled: boolean;
}

/**
 * Tells failed boots from deaths in service: a worker that was ready is replaced at once, within a
 * rate; one that never became ready, or died at once of its own, is tried again after a growing delay.
 */
export class RespawnPolicy {
  #failedBoots = 0;
  /** As it was when a worker last became ready, and when that was. */
  #earlier = 0;
  #earlierAt = 0;
  #notBefore = 0;
  #crashes: number[] = [];

  /** Boots that failed since a worker last became ready, and stayed. */
  get failedBoots(): number {
    return this.#failedBoots;
  }

  /** A worker became ready at `now`, milliseconds: the handler loads. */
  booted(now: number): void {
    if (this.#failedBoots > 0) {
      this.#earlier = this.#failedBoots;
      this.#earlierAt = now;
    }
    this.#failedBoots = 0;
    this.#notBefore = 0;
  }

  /** What failed is none of what is tried from now on. */
  forget(): void {
    this.#failedBoots = 0;
    this.#earlier = 0;
    this.#notBefore = 0;
  }

  /** A worker failed to boot at `now`, milliseconds. */
  bootFailed(now: number): void {
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failedBoots, LONGEST_DELAY_MS);
    this.#failedBoots++;
    this.#notBefore = Math.max(this.#notBefore, now + delay);
  }

  /** A worker that had become ready died at `now`, milliseconds. */
  crashed(now: number, { begun, readyForMs, wasKilled }: ReadyLife): void {
    this.#crashes = [...this.#crashes, now].slice(-CRASHES_PER_WINDOW);
    if (wasKilled || begun > 0 || readyForMs >= OF_USE_AFTER_MS) return;
    if (now - this.#earlierAt < MEMORY_MS) {
      this.#failedBoots = Math.max(this.#failedBoots, this.#earlier);
    }
    this.bootFailed(now);
  }

  /** Milliseconds until a worker may be spawned; 0: now. */
  delay(now: number): number {
    const oldest = this.#crashes.length < CRASHES_PER_WINDOW ? undefined : this.#crashes[0];
    const rateLimit = oldest === undefined ? 0 : oldest + CRASH_WINDOW_MS - now;
    return Math.max(0, this.#notBefore - now, rateLimit);
  }
}
