// Connections that wait for a credit, in their order. Its owner bounds their number and their time.

import type { Socket } from 'node:net';

/** An accepted connection and since when it waits, milliseconds of `performance.now()`. */
export interface WaitingConnection {
  readonly socket: Socket;
  readonly since: number;
}

/** First in, first out, save for those that come back from a dead worker. */
export class WaitingQueue {
  #entries: WaitingConnection[] = [];
  /** Entries before this index are gone; shifting an array for each would cost its length. */
  #first = 0;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** Since when the first in line waits; `undefined` when nobody does. */
  get oldest(): number | undefined {
    return this.#entries[this.#first]?.since;
  }

  /** Appends a connection. */
  push(entry: WaitingConnection): void {
    this.#entries.push(entry);
  }

  /** Puts connections back at the head, in their order. */
  putBack(entries: readonly WaitingConnection[]): void {
    this.#entries = [...entries, ...this.#entries.slice(this.#first)];
    this.#first = 0;
  }

  /** Takes the first in line. */
  shift(): WaitingConnection | undefined {
    const entry = this.#entries[this.#first];
    if (entry === undefined) return undefined;
    this.#first++;
    if (this.#first === this.#entries.length) {
      this.#entries = [];
      this.#first = 0;
    } else if (this.#first >= 1024) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return entry;
  }
}
