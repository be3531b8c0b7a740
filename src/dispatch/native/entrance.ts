// The listening sockets of the dispatch thread, and who is let in through them.

import { ABORTED } from '../../posix/answers.ts';
import { closeFd, Descriptor } from '../../posix/descriptor.ts';
import { accept } from '../../posix/sockets.ts';
import type { Stranger } from '../dispatcher.ts';
import { acceptSome } from './accept-some.ts';
import type { EndingListener } from './last-connections.ts';
import { ListenerTurns } from './listener-turns.ts';
import type { ThreadSettings } from './orders.ts';
import { strangerAt } from './stranger.ts';

export class Entrance {
  /** In their order; the same for as long as they are open. */
  readonly descriptors: readonly Descriptor[];
  readonly #rules: ThreadSettings;
  readonly #listeners: EndingListener[];
  readonly #turns: ListenerTurns;
  readonly #tell: (stranger: Stranger) => void;

  /** @param tell - hears of everybody who is turned away */
  constructor(settings: ThreadSettings, tell: (stranger: Stranger) => void) {
    this.#rules = settings;
    this.#tell = tell;
    this.#listeners = settings.listeners.map(({ fd, subject, inherited }) => ({
      descriptor: new Descriptor(fd, subject),
      inherited,
    }));
    this.descriptors = this.#listeners.map(({ descriptor }) => descriptor);
    this.#turns = new ListenerTurns(this.descriptors, accept);
  }

  /** Takes a connection from one of the listeners, or says what keeps it from that; `ABORTED`: take the next. */
  accept(): number {
    const fd = this.#turns.accept();
    return fd < 0 || this.admits(fd) ? fd : ABORTED;
  }

  /**
   * Takes some of what waits at each listener, whoever is free to serve it.
   *
   * @param take - gets each connection, and owns it
   * @returns whether more may wait
   */
  acceptSome(take: (fd: number) => void): boolean {
    let mayWait = false;
    const takeAllowed = (fd: number): void => void (this.admits(fd) && take(fd));
    for (const { descriptor } of this.#listeners) {
      mayWait = acceptSome(descriptor, takeAllowed) || mayWait;
    }
    return mayWait;
  }

  /** False: the connection was one of a stranger, and is closed. */
  admits(fd: number): boolean {
    const stranger = strangerAt(fd, this.#rules);
    if (stranger === undefined) return true;
    closeFd(fd);
    this.#tell(stranger);
    return false;
  }

  /** Gives the listeners away. */
  leave(): EndingListener[] {
    return this.#listeners.splice(0);
  }

  close(): void {
    for (const { descriptor } of this.leave()) descriptor.close();
  }
}
