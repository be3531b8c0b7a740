// Reads the header block of a connection, within its limits.

import type { Socket } from 'node:net';
import { ProtocolError } from '../protocol/protocol-error.ts';
import type { ParsedRequest } from '../protocol/request-parser.ts';
import { RequestParser } from '../protocol/request-parser.ts';

/** How the reading of a header block ended; `received` counts bytes. */
export type HeadResult =
  | { type: 'request'; request: ParsedRequest }
  | { type: 'malformed'; error: ProtocolError }
  | { type: 'timed-out'; received: number }
  | { type: 'interrupted'; received: number }
  | { type: 'closed'; received: number };

export interface HeadLimits {
  /** Longest time for the whole header block, milliseconds. */
  headerTimeout: number;
  /** Largest header block, bytes. */
  maxHeaderSize: number;
}

export class HeadReader {
  readonly #socket: Socket;
  readonly #limits: HeadLimits;
  readonly #parser: RequestParser;
  #clock: NodeJS.Timeout | undefined;
  #resolve: ((result: HeadResult) => void) | undefined;

  constructor(socket: Socket, limits: HeadLimits) {
    this.#socket = socket;
    this.#limits = limits;
    this.#parser = new RequestParser({ maxHeaderBytes: limits.maxHeaderSize });
  }

  /**
   * Reads until the header block is complete. Afterwards the socket is paused and has none of our
   * listeners left; what it read beyond the block is in `request.rest`.
   */
  read(): Promise<HeadResult> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#clock = setTimeout(() => this.#finish('timed-out'), this.#limits.headerTimeout);
      this.#socket.on('data', this.#onData).on('end', this.#onClosed).on('close', this.#onClosed);
      // Explicitly: a socket that was paused when it was accepted does not start by itself.
      this.#socket.resume();
    });
  }

  /** Ends the reading now; nothing happens when it has ended. */
  interrupt(): void {
    this.#finish('interrupted');
  }

  readonly #onClosed = (): void => this.#finish('closed');

  readonly #onData = (chunk: Buffer): void => {
    try {
      const request = this.#parser.feed(chunk);
      if (request !== undefined) this.#end({ type: 'request', request });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end({ type: 'malformed', error });
    }
  };

  #finish(type: 'timed-out' | 'interrupted' | 'closed'): void {
    this.#end({ type, received: this.#parser.bytesReceived });
  }

  #end(result: HeadResult): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#resolve = undefined;
    clearTimeout(this.#clock);
    this.#socket.pause();
    this.#socket.off('data', this.#onData).off('end', this.#onClosed).off('close', this.#onClosed);
    resolve(result);
  }
}
