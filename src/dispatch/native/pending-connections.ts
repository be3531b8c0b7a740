// Connections that the dispatcher has accepted and no worker has yet, in their order.

import { closeFd } from '../../posix/descriptor.ts';

/** An accepted connection that waits for a credit, and since when, milliseconds of `performance.now()`. */
export interface Pending {
  readonly fd: number;
  readonly since: number;
}

/** First in, first out, save for those that come back from a worker. */
export class PendingConnections {
  #entries: Pending[] = [];

  get length(): number {
    return this.#entries.length;
  }

  /** Since when the first in line waits; `undefined` when none does. */
  get oldest(): number | undefined {
    return this.#entries[0]?.since;
  }

  add(fd: number, since: number = performance.now()): void {
    this.#entries.push({ fd, since });
  }

  /** Connections that come back are first in line; their time begins anew. */
  putBack(fds: readonly number[]): void {
    const since = performance.now();
    this.#entries.unshift(...fds.map((fd) => ({ fd, since })));
  }

  /** Passes connections as long as there are credits, and closes our copies. @returns how many were passed */
  pass(lines: { pass(connection: Pending): boolean }): number {
    let passed = 0;
    for (let first = this.#entries[0]; first !== undefined; first = this.#entries[0]) {
      if (!lines.pass(first)) break;
      closeFd(first.fd);
      this.#entries.shift();
      passed++;
    }
    return passed;
  }

  /** Gives away the first in line. */
  take(): Pending | undefined {
    return this.#entries.shift();
  }

  /** Gives all away. */
  takeAll(): Pending[] {
    return this.#entries.splice(0);
  }

  close(): void {
    for (const { fd } of this.takeAll()) closeFd(fd);
  }
}
