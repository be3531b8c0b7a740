// The backlog as a worker sees it: the listening sockets that it shares with the dispatcher.

import { NOTHING } from '../../posix/answers.ts';
import type { Channel } from '../../posix/channel.ts';
import type { Descriptor } from '../../posix/descriptor.ts';
import { Epoll, EPOLLEXCLUSIVE, EPOLLIN } from '../../posix/epoll.ts';
import { PosixError } from '../../posix/errno.ts';
import { accept } from '../../posix/sockets.ts';

export class Backlog {
  readonly #listeners: readonly Descriptor[];
  readonly #epoll: Epoll;
  #next = 0;

  /** @param channel - what the dispatcher passes ends a wait, too */
  constructor(listeners: readonly Descriptor[], channel: Channel, subject: string) {
    this.#listeners = listeners;
    this.#epoll = new Epoll(1, subject);
    this.#epoll.add(channel.descriptor.fd, EPOLLIN, 0);
    for (const { fd } of listeners) this.#epoll.add(fd, EPOLLIN | EPOLLEXCLUSIVE, 0);
  }

  /** There are listeners to serve from. */
  get isShared(): boolean {
    return this.#listeners.length > 0;
  }

  /** Takes a connection from one of the listeners, each in turn first. */
  accept(): number {
    const count = this.#listeners.length;
    let answer = NOTHING;
    for (let i = 0; i < count; i++) {
      const listener = this.#listeners[(this.#next + i) % count];
      const fd = listener === undefined ? NOTHING : tryAccept(listener);
      if (fd < 0) {
        if (fd !== NOTHING) answer = fd;
        continue;
      }
      this.#next = (this.#next + i + 1) % count;
      return fd;
    }
    return answer;
  }

  /** Blocks until a connection may wait, here or in the channel. @returns false when the time is over */
  wait(ms: number): boolean {
    return this.#epoll.wait(ms) > 0;
  }
}

function tryAccept(listener: Descriptor): number {
  try {
    return accept(listener);
  } catch (error) {
    // The master has ended listening: it is about to tell us to leave.
    if (error instanceof PosixError && error.errno === 'EINVAL') return NOTHING;
    throw error;
  }
}
