// What the handler writes its CGI response to: completed, validated and sent with back-pressure.

import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import type { ResponseComposer } from '../protocol/response-composer.ts';

/** Held back for a moment, so that a response written in pieces leaves in one send, in bytes. */
const HOLD_BYTES = 64 * 1024;

type Callback = (error?: Error | null) => void;

/**
 * Writes to `socket` what the composer makes of the handler's bytes.
 *
 * Bytes are held until the end of the event loop's turn: a response that is finished by then gets
 * its `Content-Length` and leaves whole, one that is not is streamed. `finish` means that all is
 * handed to the kernel and our side of the connection is ended. An error of the composer is the
 * error of this stream; the owner answers for it.
 */
export class ResponseOutput extends Writable {
  readonly #composer: ResponseComposer;
  readonly #socket: Socket;
  #flushSoon: NodeJS.Immediate | undefined;
  /** The handler waits for room: called when the held bytes are gone. */
  #waiting: Callback | undefined;
  /** The socket has as much as it wants, until its 'drain'. */
  #isBlocked = false;

  constructor(composer: ResponseComposer, socket: Socket) {
    super({ highWaterMark: HOLD_BYTES });
    this.#composer = composer;
    this.#socket = socket;
    // A handler need not listen for the errors of a peer that is gone.
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    try {
      this.#composer.push(chunk);
    } catch (error) {
      callback(error as Error);
      return;
    }
    this.#flushSoon ??= setImmediate(() => this.#flush());
    // Once the handler has ended, all of it is in memory anyway: take it, to know the length.
    const hasRoom = !this.#isBlocked && this.#composer.heldBytes < HOLD_BYTES;
    if (hasRoom || this.writableEnded) callback();
    else this.#waiting = callback;
  }

  override _final(callback: Callback): void {
    clearImmediate(this.#flushSoon);
    try {
      this.#send(this.#composer.end());
    } catch (error) {
      callback(error as Error);
      return;
    }
    // A response that is shorter than announced must be seen to be cut: its owner does that.
    if (this.#composer.missingBytes > 0) this.#socket.write('', () => callback());
    else this.#socket.end(() => callback());
  }

  override _destroy(error: Error | null, callback: Callback): void {
    clearImmediate(this.#flushSoon);
    this.#waiting = undefined;
    callback(error);
  }

  #flush(): void {
    this.#flushSoon = undefined;
    if (this.writableEnded && this.#waiting !== undefined) {
      this.#release();
      return;
    }
    // What comes while the socket is blocked is held, and sent when it drains.
    if (this.#isBlocked) return;
    if (this.#send(this.#composer.flush())) {
      this.#release();
      return;
    }
    this.#isBlocked = true;
    this.#socket.once('drain', () => {
      this.#isBlocked = false;
      this.#flush();
    });
  }

  #release(): void {
    const callback = this.#waiting;
    this.#waiting = undefined;
    callback?.();
  }

  /** False when the socket asks to wait for 'drain'. */
  #send(buffers: readonly Buffer[]): boolean {
    if (buffers.length === 0) return true;
    if (buffers.length > 1) this.#socket.cork();
    for (const buffer of buffers) this.#socket.write(buffer);
    if (buffers.length > 1) this.#socket.uncork();
    return !this.#socket.writableNeedDrain;
  }
}
