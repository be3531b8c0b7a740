// Connections that have said nothing yet: no worker has to wait for what they may say.

import { closeFd } from '../../posix/descriptor.ts';
import type { Epoll } from '../../posix/epoll.ts';
import { EPOLLIN } from '../../posix/epoll.ts';

/** They are watched, unread, for a bounded time. */
export class ParkedConnections {
  readonly #epoll: Epoll;
  readonly #tag: number;
  readonly #limits: { readonly headerTimeout: number };
  /** By descriptor, the longest parked first. */
  readonly #since = new Map<number, number>();

  /**
   * @param tag - added to a connection's number, it is the tag of its event
   * @param limits - with the time that a connection may be here, milliseconds; may change
   */
  constructor(epoll: Epoll, tag: number, limits: { readonly headerTimeout: number }) {
    this.#epoll = epoll;
    this.#tag = tag;
    this.#limits = limits;
  }

  add(fd: number): void {
    this.#since.set(fd, performance.now());
    this.#epoll.add(fd, EPOLLIN, this.#tag + fd);
  }

  /** Gives a connection away that has something to say, or has hung up; false: it is not here. */
  take(fd: number): boolean {
    if (!this.#since.delete(fd)) return false;
    this.#epoll.remove(fd);
    return true;
  }

  /** Gives all away, silent as they are. */
  takeAll(): number[] {
    const fds = [...this.#since.keys()];
    for (const fd of fds) this.take(fd);
    return fds;
  }

  /** When the first one's time is over; `undefined` when none is here. */
  get due(): number | undefined {
    const [first] = this.#since.values();
    return first === undefined ? undefined : first + this.#limits.headerTimeout;
  }

  /** Closes those whose time is over. @returns how many they were */
  expire(now: number): number {
    let closed = 0;
    for (const [fd, since] of this.#since) {
      if (now - since < this.#limits.headerTimeout) break;
      this.take(fd);
      closeFd(fd);
      closed++;
    }
    return closed;
  }

  close(): void {
    for (const fd of this.takeAll()) closeFd(fd);
  }
}
