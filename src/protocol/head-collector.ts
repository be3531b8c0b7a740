// Puts the response head together when a handler writes it in pieces.

import { Buffer } from 'node:buffer';
import { quote } from './quote.ts';
import { ResponseError } from './protocol-error.ts';
import { findHeadEnd, MAX_RESPONSE_HEAD_BYTES } from './response-head.ts';

/** Longest piece of a failed head to look at for the log, bytes. */
const SHOWN_BYTES = 80;

/** A head, blank line included, and what came behind it; views. */
export interface CollectedHead {
  head: Buffer;
  rest: Buffer;
}

/** Collects bytes up to the blank line. A head that comes in one chunk is not copied. */
export class HeadCollector {
  /** The first chunk itself, or a room of our own with `#length` bytes in use. */
  #room: Buffer | undefined;
  #length = 0;

  /**
   * Takes the next bytes.
   *
   * @returns `undefined` while the blank line has not come
   * @throws ResponseError for a head above {@link MAX_RESPONSE_HEAD_BYTES}
   */
  push(chunk: Buffer): CollectedHead | undefined {
    const searched = this.#length;
    const bytes = this.#append(chunk);
    const end = findHeadEnd(bytes, searched);
    if (end > MAX_RESPONSE_HEAD_BYTES || (end === -1 && bytes.length > MAX_RESPONSE_HEAD_BYTES)) {
      throw new ResponseError(
        `expected a response head of at most ${MAX_RESPONSE_HEAD_BYTES} bytes, got a longer one`,
      );
    }
    if (end === -1) return undefined;
    return { head: bytes.subarray(0, end), rest: bytes.subarray(end) };
  }

  /** Says what was found where a head was expected. */
  describe(): string {
    if (this.#room === undefined || this.#length === 0) return 'nothing at all';
    const start = this.#room.toString('latin1', 0, Math.min(this.#length, SHOWN_BYTES));
    return `${this.#length} bytes without a blank line, starting with ${quote(start)}`;
  }

  /** Returns all bytes so far. Grows by doubling, or a head written byte by byte is copied once per byte. */
  #append(chunk: Buffer): Buffer {
    const former = this.#length;
    this.#length += chunk.length;
    if (this.#room === undefined) {
      this.#room = chunk;
      return chunk;
    }
    if (this.#room.length < this.#length) {
      const room = Buffer.allocUnsafe(this.#length * 2);
      this.#room.copy(room, 0, 0, former);
      this.#room = room;
    }
    chunk.copy(this.#room, former);
    return this.#room.subarray(0, this.#length);
  }
}
