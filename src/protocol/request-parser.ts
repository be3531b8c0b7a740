// Turns the bytes of a connection into the head of its one request, however they are cut.

import type { Buffer } from 'node:buffer';
import { InternalError } from '../errors.ts';
import type { RequestHead } from './header-block.ts';
import { decodeHeaderBlock } from './header-block.ts';
import { NetstringReader } from './netstring.ts';

/** Largest header block accepted unless told otherwise, bytes: twice what nginx sends at most by default. */
export const DEFAULT_MAX_HEADER_BYTES = 65_536;

/** A request whose head is complete. */
export interface ParsedRequest {
  head: RequestHead;
  /** What came behind the header block: the start of the body, maybe all or more than it. A view, not a copy. */
  rest: Buffer;
}

/** Reads the header block of one connection (SCGI specification, "Request Format"). */
export class RequestParser {
  readonly #netstring: NetstringReader;
  #bytesReceived = 0;
  #isFinished = false;

  /** @param options - `maxHeaderBytes`: largest header block to accept, bytes */
  constructor(options: { maxHeaderBytes?: number } = {}) {
    this.#netstring = new NetstringReader(options.maxHeaderBytes ?? DEFAULT_MAX_HEADER_BYTES);
  }

  /** Bytes fed so far, those of `rest` included; 0 at the end of input means that no request was tried. */
  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /**
   * Takes the next bytes of the connection.
   *
   * @param chunk - kept by reference when it holds the whole header block
   * @returns the request, or `undefined` while its header block is not complete
   * @throws ProtocolError when this is no SCGI request, as soon as that can be known
   * @throws InternalError after it has returned a request or thrown
   */
  feed(chunk: Buffer): ParsedRequest | undefined {
    if (this.#isFinished) throw new InternalError('RequestParser was fed after its end');
    this.#bytesReceived += chunk.length;
    // Stays so if anything below throws.
    this.#isFinished = true;
    const end = this.#netstring.read(chunk);
    const block = this.#netstring.payload;
    if (end === -1 || block === undefined) {
      this.#isFinished = false;
      return undefined;
    }
    const head = decodeHeaderBlock(block, this.#netstring.payloadOffset);
    return { head, rest: chunk.subarray(end) };
  }
}
