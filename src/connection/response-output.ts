// What the handler writes its CGI response to: completed, validated and sent with back-pressure.

import { Writable } from 'node:stream';
import type { ResponseComposer } from '../protocol/response-composer.ts';
import type { Transport } from './transport.ts';

/** Held back for a moment, so that a response written in pieces leaves in one send, in bytes. */
const HOLD_BYTES = 64 * 1024;

type Callback = (error?: Error | null) => void;

/** Who answers for an output. */
export interface OutputOwner {
  /** Something is about to be sent. May be told more than once. */
  outputBegun(): void;
  /** All is handed to the kernel, and our side of the connection is ended unless bytes are missing. */
  outputSent(): void;
  /** Nothing more will come, and the response is not whole: see `errored`. */
  outputBroken(): void;
}

/**
 * Sends on `transport` what the composer makes of the handler's bytes.
 *
 * Bytes are held as long as the handler runs, then until the end of the event loop's turn: a response
 * that is finished by then gets its `Content-Length` and leaves whole, one that is not is streamed.
 * An error of the composer is the error of this stream; the owner answers for it.
 */
export class ResponseOutput extends Writable {
  readonly #composer: ResponseComposer;
  readonly #transport: Transport;
  readonly #owner: OutputOwner;
  #isSent = false;
  /** The handler's first run is not over: what it writes waits for its end. */
  #isHeld = true;
  #flushSoon: NodeJS.Immediate | undefined;
  /** The handler waits for room: called when the held bytes are gone. */
  #waiting: Callback | undefined;
  /** The transport has as much as it wants, until it has drained. */
  #isBlocked = false;

  constructor(composer: ResponseComposer, transport: Transport, owner: OutputOwner) {
    super({ highWaterMark: HOLD_BYTES });
    this.#composer = composer;
    this.#transport = transport;
    this.#owner = owner;
    // A handler need not listen for the errors of a peer that is gone.
    this.on('error', () => {});
  }

  /** The handler has not finished in one run: from now on what is written leaves when the loop turns. */
  stream(): void {
    this.#isHeld = false;
    if (this.#composer.heldBytes > 0) this.#schedule();
  }

  /** The transport can take more. */
  drained(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#flush();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    try {
      this.#composer.push(chunk);
    } catch (error) {
      callback(error as Error);
      return;
    }
    // Once the handler has ended, all of it is in memory anyway: take it, to know the length.
    const hasRoom = !this.#isBlocked && this.#composer.heldBytes < HOLD_BYTES;
    if (!this.#isHeld || !hasRoom) this.#schedule();
    if (hasRoom || this.writableEnded) callback();
    else this.#waiting = callback;
  }

  override _final(callback: Callback): void {
    clearImmediate(this.#flushSoon);
    const sent = (): void => {
      this.#isSent = true;
      this.#owner.outputSent();
      callback();
    };
    try {
      const buffers = this.#composer.end();
      this.#owner.outputBegun();
      // A response that is shorter than announced must be seen to be cut: its owner does that.
      if (this.#composer.missingBytes > 0) this.#transport.send(buffers, sent);
      else this.#transport.end(buffers, sent);
    } catch (error) {
      callback(error as Error);
    }
  }

  override _destroy(error: Error | null, callback: Callback): void {
    clearImmediate(this.#flushSoon);
    this.#waiting = undefined;
    // Later: what the handler throws next says more.
    if (!this.#isSent) setImmediate(() => this.#owner.outputBroken());
    callback(error);
  }

  #schedule(): void {
    this.#flushSoon ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushSoon = undefined;
    if (this.writableEnded && this.#waiting !== undefined) {
      this.#release();
      return;
    }
    // What comes while the transport is blocked is held, and sent when it drains.
    if (this.#isBlocked) return;
    const buffers = this.#composer.flush();
    if (buffers.length > 0) this.#owner.outputBegun();
    if (buffers.length === 0 || this.#transport.send(buffers)) this.#release();
    else this.#isBlocked = true;
  }

  #release(): void {
    const callback = this.#waiting;
    this.#waiting = undefined;
    callback?.();
  }
}
