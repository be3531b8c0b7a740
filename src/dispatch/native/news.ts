// When the master's main thread is told that credits have moved: soon, but not for each of them. Pure.

/** News of credits are told at most so often, milliseconds. */
const NEWS_PAUSE_MS = 20;
/** Workers that serve themselves move no credits here: as long as any is busy, it is told so often. */
const BUSY_NEWS_MS = 250;

export class News {
  #hasNews = false;
  #toldAt = 0;

  /** Something has changed. */
  add(): void {
    this.#hasNews = true;
  }

  /** When to tell next, milliseconds; undefined while there is nothing to tell. */
  due(isAtRest: boolean): number | undefined {
    if (this.#hasNews) return this.#toldAt + NEWS_PAUSE_MS;
    return isAtRest ? undefined : this.#toldAt + BUSY_NEWS_MS;
  }

  /** Whether to tell now; true at most once for the same news. */
  take(now: number, isAtRest: boolean): boolean {
    if ((this.due(isAtRest) ?? Infinity) > now) return false;
    this.#hasNews = false;
    this.#toldAt = now;
    return true;
  }
}
