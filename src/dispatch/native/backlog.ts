// The backlog as a worker sees it: the listening sockets that it shares with the dispatcher.

import { NOTHING } from '../../posix/answers.ts';
import type { Channel } from '../../posix/channel.ts';
import type { Descriptor } from '../../posix/descriptor.ts';
import { Epoll, EPOLLEXCLUSIVE, EPOLLIN } from '../../posix/epoll.ts';
import { PosixError } from '../../posix/errno.ts';
import { accept } from '../../posix/sockets.ts';
import { ListenerTurns } from './listener-turns.ts';

export class Backlog {
  /** There are listeners to serve from. */
  readonly isShared: boolean;
  readonly #turns: ListenerTurns;
  readonly #epoll: Epoll;

  /** @param channel - what the dispatcher passes ends a wait, too */
  constructor(listeners: readonly Descriptor[], channel: Channel, subject: string) {
    this.isShared = listeners.length > 0;
    this.#turns = new ListenerTurns(listeners, tryAccept);
    this.#epoll = new Epoll(1, subject);
    this.#epoll.add(channel.descriptor.fd, EPOLLIN, 0);
    for (const { fd } of listeners) this.#epoll.add(fd, EPOLLIN | EPOLLEXCLUSIVE, 0);
  }

  /** Takes a connection, from each listener in turn. */
  accept(): number {
    return this.#turns.accept();
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
