// How a worker's credits get to the dispatcher and back, whatever stands in the way.

import { GONE, NOTHING, TRUNCATED } from '../../posix/answers.ts';
import type { Channel } from '../../posix/channel.ts';
import { LOOK_AGAIN, OUT_OF_DESCRIPTORS } from './credit-message.ts';
import type { SpareDescriptor } from './spare-descriptor.ts';

/** A credit that could not be given back is tried again so much later, milliseconds. */
const RETRY_MS = 5;
/** So much later when descriptors are missing, milliseconds. */
const EXHAUSTED_RETRY_MS = 100;

export class CreditReturn {
  readonly #channel: Channel;
  readonly #spare: SpareDescriptor;
  /** Credits at the dispatcher, those of connections in the channel included. */
  #given = 0;
  /** Credits that are to be given, and what is to be said with them. */
  #owed = 0;
  #remark = 0;
  #isRetrying = false;

  constructor(channel: Channel, spare: SpareDescriptor) {
    this.#channel = channel;
    this.#spare = spare;
  }

  get given(): number {
    return this.#given;
  }

  /**
   * Receives a connection that was passed for one of them: the credit is the worker's again.
   *
   * @returns the connection, or NOTHING, or TRUNCATED: the credit alone, the kernel has closed the
   *   connection for want of a descriptor
   */
  receive(): number {
    // What is not taken is passed to another.
    if (this.#given === 0 || !this.#spare.isHeld) return NOTHING;
    // The kernel closes a connection that finds no descriptor: one is kept free for it.
    this.#spare.release();
    const fd = this.#channel.receive();
    this.#spare.reserve();
    if (fd < 0 && fd !== TRUNCATED) return NOTHING;
    this.#given--;
    return fd;
  }

  /** Gives credits to the dispatcher; none: only tells it that this worker is awake. */
  give(count: number): void {
    this.#owed += count;
    if (!this.#isRetrying) this.#settle();
  }

  /** With the next credit the dispatcher is asked to look at the backlog again. */
  askToLook(): void {
    this.#remark |= LOOK_AGAIN;
  }

  #settle(): void {
    this.#isRetrying = false;
    if (!this.#spare.reserve()) {
      // Without a descriptor for it, a connection would be lost on its way here.
      this.#channel.sendMessage(OUT_OF_DESCRIPTORS | LOOK_AGAIN);
      return this.#retry(EXHAUSTED_RETRY_MS);
    }
    const answer = this.#channel.sendMessage(this.#owed | this.#remark);
    if (answer === 0) {
      this.#given += this.#owed;
      this.#owed = 0;
      this.#remark = 0;
    } else if (answer !== GONE) this.#retry(RETRY_MS);
  }

  #retry(afterMs: number): void {
    this.#isRetrying = true;
    setTimeout(() => this.#settle(), afterMs);
  }
}
