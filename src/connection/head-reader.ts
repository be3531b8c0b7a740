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

/** Who waits for a header block. */
export interface HeadOwner {
  /** Called once. The transport is paused; what came beyond the block is in `request.rest`. */
  headRead(result: HeadResult): void;
  /** Called at most once, before that: the peer takes its time. */
  headSlow(): void;
}

export interface HeadLimits {
  /** Longest time for the whole header block, milliseconds. */
  headerTimeout: number;
  /** Largest header block, bytes. */
  maxHeaderSize: number;
}

/** How long a reading waits for bytes that are probably here already, milliseconds. */
const FIRST_BYTES_MS = 10;

export class HeadReader implements TransportListener {
  readonly #transport: Transport;
  readonly #limits: HeadLimits;
  readonly #owner: HeadOwner;
  #parser: RequestParser;
  #clock: NodeJS.Timeout | undefined;
  #isSlow = false;
  #isOver = false;

  constructor(transport: Transport, limits: HeadLimits, owner: HeadOwner) {
    this.#transport = transport;
    this.#limits = limits;
    this.#owner = owner;
    this.#parser = new RequestParser({ maxHeaderBytes: limits.maxHeaderSize });
  }

  /**
   * Reads until the header block is complete, and tells the owner.
   *
   * @param arrived - what has come already, in memory that is used again once this has returned
   */
  read(arrived: Buffer | undefined): void {
    if (arrived !== undefined && arrived.length > 0) this.#readAtOnce(arrived);
    if (this.#isOver) return;
    const { headerTimeout } = this.#limits;
    this.#clock = setTimeout(
      () => {
        this.#clock = setTimeout(() => this.#finish('timed-out'), headerTimeout - FIRST_BYTES_MS);
        this.#beSlow();
      },
      Math.min(FIRST_BYTES_MS, headerTimeout),
    );
    this.#transport.attach(this, 0);
    this.#transport.resume();
    if (this.#parser.bytesReceived > 0) this.#beSlow();
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
    else if (!this.#isOver) this.#beSlow();
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
    if (this.#isOver) return;
    // The parser keeps views of what it was fed.
    this.#parser = new RequestParser({ maxHeaderBytes: this.#limits.maxHeaderSize });
    this.#feed(Buffer.from(arrived));
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
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#clock);
    this.#transport.pause();
    this.#owner.headRead(result);
  }

  #beSlow(): void {
    // A transport may bring everything while it is told to resume.
    if (this.#isSlow || this.#isOver) return;
    this.#isSlow = true;
    this.#owner.headSlow();
  }
}

function withOwnRest({ head, rest }: ParsedRequest): ParsedRequest {
  return { head, rest: rest.length === 0 ? rest : Buffer.from(rest) };
}
