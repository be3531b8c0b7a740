// Whether, and how, the dispatcher watches the listening sockets.

import { pollReadable } from '../../posix/sockets.ts';
import type { Descriptor } from '../../posix/descriptor.ts';
import type { Epoll } from '../../posix/epoll.ts';
import { EPOLLEXCLUSIVE, EPOLLIN } from '../../posix/epoll.ts';

/**
 * Exclusive watches of all listeners, on or off together.
 *
 * The kernel wakes, of all that watch a socket so, one that waits, in the order of registration: so
 * the dispatcher registers after its workers, which linger on the same sockets, and again whenever
 * one of them has registered since. An exclusive watch that has fired for somebody who then died does
 * not fire again: adding it anew looks at once.
 */
export class ListenerWatch {
  readonly #epoll: Epoll;
  readonly #tag: number;
  #listeners: readonly Descriptor[];
  #isOn = false;

  constructor(epoll: Epoll, listeners: readonly Descriptor[], tag: number) {
    this.#epoll = epoll;
    this.#listeners = listeners;
    this.#tag = tag;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  set(on: boolean): void {
    if (on === this.#isOn) return;
    this.#isOn = on;
    for (const { fd } of this.#listeners) {
      if (on) this.#epoll.add(fd, EPOLLIN | EPOLLEXCLUSIVE, this.#tag);
      else this.#epoll.remove(fd);
    }
  }

  /** Registers anew, behind everybody else, and sees what waits already. */
  renew(): void {
    if (!this.#isOn) return;
    this.set(false);
    this.set(true);
  }

  /** Whether a connection waits. */
  hasWaiting(): boolean {
    return this.#listeners.some(({ fd }) => pollReadable(fd, 0));
  }

  /** The listeners are gone. */
  clear(): void {
    this.set(false);
    this.#listeners = [];
  }
}
