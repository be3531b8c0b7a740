// Kills a worker now and then, and knows which failures that explains.

import { kill } from './server.ts';

/**
 * Fewer ready workers, and a kill waits for the next turn: where boots take longer than the time between kills,
 * they would be all that there is.
 */
const FEWEST_READY = 3;
/** A request that dies with its worker is seen to be cut so soon. */
const SEEN_WITHIN_MS = 2_000;

export class Killer {
  count = 0;
  readonly #everyMs: number;
  readonly #random: () => number;
  readonly #killed = new Set<number>();
  /** Times of kills that have explained no failure yet: each can explain one, as a worker serves one request. */
  #unused: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number, random: () => number) {
    this.#everyMs = everyMs;
    this.#random = random;
  }

  /** Begins; `victims` are asked for each time. */
  start(victims: () => number[]): void {
    this.#timer = setInterval(() => this.#killOne(victims()), this.#everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  hasKilled(pid: number): boolean {
    return this.#killed.has(pid);
  }

  /** Whether a request that was cut just now may have died with a worker; uses that death up. */
  explainsCut(): boolean {
    const since = performance.now() - SEEN_WITHIN_MS;
    this.#unused = this.#unused.filter((time) => time >= since);
    return this.#unused.shift() !== undefined;
  }

  #killOne(victims: number[]): void {
    const alive = victims.filter((pid) => !this.#killed.has(pid));
    if (alive.length < FEWEST_READY) return;
    const pid = alive[Math.floor(this.#random() * alive.length)];
    if (pid === undefined) return;
    // Before the deed: its death may be in the log as soon as it is done.
    this.#killed.add(pid);
    if (!kill(pid)) return;
    this.count++;
    this.#unused.push(performance.now());
  }
}
