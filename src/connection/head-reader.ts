// Reads the header block of a connection, within its limits.

import { ProtocolError } from '../protocol/protocol-error.ts';
import type { ParsedRequest } from '../protocol/request-parser.ts';
import { RequestParser } from '../protocol/request-parser.ts';
import type { Transport, TransportListener } from './transport.ts';

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

/** How long an interrupted reading waits for bytes that are here already, milliseconds. */
const FIRST_BYTES_MS = 10;

export class HeadReader implements TransportListener {
  readonly #transport: Transport;
  readonly #limits: HeadLimits;
  #parser: RequestParser;
  #clock: NodeJS.Timeout | undefined;
  #done: ((result: HeadResult) => void) | undefined;

  constructor(transport: Transport, limits: HeadLimits) {
    this.#transport = transport;
    this.#limits = limits;
    this.#parser = new RequestParser({ maxHeaderBytes: limits.maxHeaderSize });
  }

  /**
   * Reads until the header block is complete, and calls `done` once. Afterwards the transport is
   * paused; what came beyond the block is in `request.rest`.
   *
   * @param arrived - what has come already, in memory that is used again once this has returned
   */
  read(arrived: Buffer | undefined, done: (result: HeadResult) => void): void {
    this.#done = done;
    if (arrived !== undefined && arrived.length > 0) this.#readAtOnce(arrived);
    if (this.#done === undefined) return;
    this.#clock = setTimeout(() => this.#finish('timed-out'), this.#limits.headerTimeout);
    this.#transport.attach(this, 0);
    this.#transport.resume();
  }

  /** Ends the reading now; nothing happens when it has ended. */
  interrupt(): void {
    if (this.#parser.bytesReceived > 0) this.#finish('interrupted');
    // A connection can come in the same turn as the order to stop: what it says is not read yet.
    else setTimeout(() => this.#finish('interrupted'), FIRST_BYTES_MS);
  }

  received(chunk: Buffer): void {
    const request = this.#feed(chunk);
    if (request !== undefined) this.#end({ type: 'request', request });
  }

  ended(): void {
    this.#finish('closed');
  }

  closed(): void {
    this.#finish('closed');
  }

  drained(): void {}

  stalled(): void {}

  #readAtOnce(arrived: Buffer): void {
    const request = this.#feed(arrived);
    // Nearly always the whole block is there, and nothing of it has to be kept but its strings.
    if (request !== undefined) this.#end({ type: 'request', request: withOwnRest(request) });
    if (this.#done === undefined) return;
    // The parser keeps views of what it was fed.
    this.#parser = new RequestParser({ maxHeaderBytes: this.#limits.maxHeaderSize });
    this.received(Buffer.from(arrived));
  }

  #feed(chunk: Buffer): ParsedRequest | undefined {
    try {
      return this.#parser.feed(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end({ type: 'malformed', error });
      return undefined;
    }
  }

  #finish(type: 'timed-out' | 'interrupted' | 'closed'): void {
    this.#end({ type, received: this.#parser.bytesReceived });
  }

  #end(result: HeadResult): void {
    const done = this.#done;
    if (done === undefined) return;
    this.#done = undefined;
    clearTimeout(this.#clock);
    this.#transport.pause();
    done(result);
  }
}

function withOwnRest({ head, rest }: ParsedRequest): ParsedRequest {
  return { head, rest: rest.length === 0 ? rest : Buffer.from(rest) };
}
