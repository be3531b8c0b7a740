// The end of accepting: newcomers are refused at once, and whoever was let in before is still taken. Over TCP
// that includes connections whose handshake is under way: to the peer they are open, its request may be on the
// way, and the kernel would reset them with the listener.

import { EXHAUSTED, NOTHING } from '../../posix/answers.ts';
import type { Descriptor } from '../../posix/descriptor.ts';
import { endListening, refuseNewcomers } from '../../posix/end-listening.ts';
import { PosixError } from '../../posix/errno.ts';
import { accept } from '../../posix/sockets.ts';

/** A handshake is over by then: the way to the peer and back, milliseconds. Nobody waits for it. */
const HANDSHAKE_MS = 100;
/** How often listeners are looked at until then, milliseconds. */
const LOOK_EVERY_MS = 5;

/** A listening socket, and whether others go on with it. */
export interface EndingListener {
  descriptor: Descriptor;
  inherited: boolean;
}

export class LastConnections {
  readonly #take: (fd: number) => void;
  readonly #runOut: () => void;
  /** Those that may bring more. */
  #listeners: Descriptor[] = [];
  #isEnding = false;
  #hasRunOut = false;
  #until = 0;
  #nextLook = 0;

  /**
   * @param take - gets each connection, in the order in which they came
   * @param runOut - hears that some have to wait until a descriptor is free
   */
  constructor(take: (fd: number) => void, runOut: () => void) {
    this.#take = take;
    this.#runOut = runOut;
  }

  /** When the next look is due. */
  get due(): number | undefined {
    return this.#isEnding ? this.#nextLook : undefined;
  }

  /**
   * Ends these listeners, which are ours from now on, and takes what waits in their backlogs. What waits at
   * inherited ones is left to whoever else has them.
   */
  end(listeners: readonly EndingListener[], now: number): void {
    this.#isEnding = true;
    this.#until = now + HANDSHAKE_MS;
    for (const { descriptor, inherited } of listeners) {
      if (inherited) descriptor.close();
      else this.#endOne(descriptor);
    }
  }

  /** Takes what has come since. @returns once: that nothing more will come */
  areOver(now: number): boolean {
    if (!this.#isEnding) return false;
    if (now >= this.#nextLook) this.#look(now);
    this.#isEnding = this.#listeners.length > 0;
    return !this.#isEnding;
  }

  close(): void {
    for (const listener of this.#listeners.splice(0)) endListening(listener);
  }

  #endOne(listener: Descriptor): void {
    const mayBringMore = refuseNewcomers(listener);
    const isEmpty = this.#empty(listener);
    if (mayBringMore || !isEmpty) this.#listeners.push(listener);
    else endListening(listener);
  }

  #look(now: number): void {
    this.#nextLook = now + LOOK_EVERY_MS;
    this.#listeners = this.#listeners.filter((listener) => {
      const isEmpty = this.#empty(listener);
      if (!isEmpty || now < this.#until) return true;
      endListening(listener);
      return false;
    });
  }

  /** @returns false when there was no descriptor for the rest: those that are served now will free some */
  #empty(listener: Descriptor): boolean {
    for (let fd = acceptLast(listener); fd !== NOTHING; fd = acceptLast(listener)) {
      if (fd === EXHAUSTED) {
        if (!this.#hasRunOut) this.#runOut();
        this.#hasRunOut = true;
        return false;
      }
      if (fd >= 0) this.#take(fd);
    }
    return true;
  }
}

function acceptLast(listener: Descriptor): number {
  try {
    return accept(listener);
  } catch (error) {
    // A Unix socket that takes no newcomers: its backlog is empty.
    if (error instanceof PosixError && error.errno === 'EINVAL') return NOTHING;
    throw error;
  }
}
