// How many connections a worker serves at once. One that has nothing to be served yet leaves its place
// to others, so that a peer which sends its header block byte by byte holds up nobody but itself.

import type { Place } from './intake.ts';

/** Who gives connections their places. */
export interface PlaceOwner {
  /** The place is free again: the credit that the connection came with returns. */
  left(): void;
  /** It has a place again, for which it had no credit. */
  resumed(): void;
  /** Its answer is about to leave. */
  answering(): void;
  /** Its answer is over. */
  answered(): void;
  /** It is done with. Its credit returns unless it has `left` before. */
  done(hadLeft: boolean): void;
}

/** Most connections that may be away from their places at once: each has a descriptor and a buffer. */
const MOST_AWAY = 1_000;

/** The places of a worker. */
export class Places {
  readonly #count: number;
  readonly #queue: (() => void)[] = [];
  #taken = 0;
  #away = 0;
  #isStarting = false;

  constructor(count: number) {
    this.#count = count;
  }

  get taken(): number {
    return this.#taken;
  }

  get isFull(): boolean {
    return this.#taken >= this.#count;
  }

  /** Nobody has a place, has left one or waits for one. */
  get isEmpty(): boolean {
    return this.#taken === 0 && this.#away === 0 && this.#queue.length === 0;
  }

  take(): void {
    this.#taken++;
  }

  /** Calls `start` when there is a place, maybe at once; it is taken then. */
  takeInTurn(start: () => void): void {
    this.#queue.push(start);
    this.#startNext();
  }

  free(): void {
    this.#taken--;
    if (this.#queue.length > 0) this.#startNext();
  }

  /** @returns false if too many have done so: the place is kept */
  leave(): boolean {
    if (this.#away >= MOST_AWAY) return false;
    this.#away++;
    this.free();
    return true;
  }

  /** One that had left comes back, or never will. */
  noLongerAway(): void {
    this.#away--;
  }

  /** A loop, since what is started may be done before it returns. */
  #startNext(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (!this.isFull) {
      const start = this.#queue.shift();
      if (start === undefined) break;
      this.#taken++;
      start();
    }
    this.#isStarting = false;
  }
}

/** A place that has been taken, for one connection. */
export class TakenPlace implements Place {
  readonly #places: Places;
  readonly #owner: PlaceOwner;
  #hasLeft = false;
  #isAway = false;

  constructor(places: Places, owner: PlaceOwner) {
    this.#places = places;
    this.#owner = owner;
  }

  leave(): void {
    if (this.#hasLeft || !this.#places.leave()) return;
    this.#hasLeft = true;
    this.#isAway = true;
    this.#owner.left();
  }

  resume(start: () => void): void {
    if (!this.#isAway) return start();
    this.#places.takeInTurn(() => {
      // Done meanwhile.
      if (!this.#isAway) return this.#places.free();
      this.#comeBack();
      this.#owner.resumed();
      start();
    });
  }

  answering(): void {
    this.#owner.answering();
  }

  answered(): void {
    this.#owner.answered();
  }

  done(): void {
    if (this.#isAway) this.#comeBack();
    else this.#places.free();
    this.#owner.done(this.#hasLeft);
  }

  #comeBack(): void {
    this.#isAway = false;
    this.#places.noLongerAway();
  }
}
