// Whether the workers that serve themselves from the backlog keep up with it. Pure.

/** For so long the dispatcher leaves the backlog to workers that keep up, milliseconds. */
export const LEAVE_MS = 1;

export class SelfService {
  readonly #cores: number;
  #taken = 0;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** @param cores - as many workers at once get all the work done that can be done */
  constructor(cores: number) {
    this.#cores = cores;
  }

  /**
   * Something waits in the backlog: whether it can be left to the workers that take from it anyway. To
   * wake an idle one would gain nothing as long as they take one connection per core and millisecond.
   *
   * @param now - milliseconds
   * @param taken - connections that workers have taken themselves so far
   */
  keepsUp(now: number, taken: number): boolean {
    const elapsed = Math.max(LEAVE_MS, now - this.#askedAt);
    const isQuick = taken - this.#taken >= (this.#cores * elapsed) / LEAVE_MS;
    this.#taken = taken;
    this.#askedAt = now;
    return isQuick;
  }
}
