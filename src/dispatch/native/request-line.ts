// The request that a worker runs, in memory that its master reads. Plain stores can be seen half
// done: a sequence counter, odd while they are made, tells the reader.

import { Buffer } from 'node:buffer';
import type { RunningRequest } from '../activity.ts';
import { ELLIPSIS, ID_ROOM, METHOD_ROOM, URI_ROOM } from '../activity.ts';
import { fromMonotonic, toMonotonic } from '../monotonic.ts';
import { COUNTS_OFFSET, REQUEST_OFFSET, TEXT_OFFSET } from './board-layout.ts';

const REQUEST_BYTES = COUNTS_OFFSET - REQUEST_OFFSET;

/** Words of 32 bits. */
const SEQUENCE = 0;
const IS_SHOWN = 1;
const IS_HEAD_SENT = 2;
const FD = 3;
const METHOD_LENGTH = 4;
const URI_LENGTH = 5;
/** A double, in words 6 and 7; counted in doubles. */
const STARTED_AT = 3;
const URI_OFFSET = TEXT_OFFSET + METHOD_ROOM;
/** A byte, behind which the id begins. */
const ID_LENGTH_OFFSET = URI_OFFSET + URI_ROOM;
const ID_OFFSET = ID_LENGTH_OFFSET + 1;

/** A writer needs far less than a microsecond, unless it is stopped or dies in the middle. */
const ATTEMPTS = 100;

export class RequestLine {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Buffer;

  /** @param offset - where the line begins in `memory`, bytes */
  constructor(memory: ArrayBufferLike, offset: number) {
    this.#words = new Int32Array(memory, offset, TEXT_OFFSET / 4);
    this.#doubles = new Float64Array(memory, offset, TEXT_OFFSET / 8);
    this.#bytes = Buffer.from(memory, offset, REQUEST_BYTES);
  }

  /** Puts the request into the line. */
  show({ method, uri, id = '', startedAt, headSent, fd }: RunningRequest): void {
    const words = this.#words;
    const sequence = words[SEQUENCE] ?? 0;
    Atomics.store(words, SEQUENCE, sequence + 1);
    // A store may be overtaken by the plain ones behind it; this load, behind the store, may not.
    Atomics.load(words, SEQUENCE);
    words[IS_SHOWN] = 1;
    words[IS_HEAD_SENT] = headSent ? 1 : 0;
    words[FD] = fd;
    words[METHOD_LENGTH] = method.length;
    this.#writeShort(method, TEXT_OFFSET, METHOD_ROOM);
    words[URI_LENGTH] = uri.length;
    this.#bytes.write(uri, URI_OFFSET, URI_ROOM, 'latin1');
    this.#bytes[ID_LENGTH_OFFSET] = Math.min(id.length, ID_ROOM + 1);
    this.#writeShort(id, ID_OFFSET, ID_ROOM);
    this.#doubles[STARTED_AT] = toMonotonic(startedAt);
    Atomics.store(words, SEQUENCE, sequence + 2);
  }

  /** One word, whole in itself. */
  headSent(): void {
    this.#words[IS_HEAD_SENT] = 1;
  }

  /** One word, whole in itself. */
  clear(): void {
    this.#words[IS_SHOWN] = 0;
  }

  /** Grows with every request that is shown; odd while one is being written. */
  get sequence(): number {
    return Atomics.load(this.#words, SEQUENCE);
  }

  /**
   * Since when the request runs, milliseconds of `performance.now()`; `undefined` when there is none. It may
   * be one of a request that is just being written: {@link read} it before anything is done about it.
   */
  get startedAt(): number | undefined {
    return this.#words[IS_SHOWN] === 1 ? fromMonotonic(this.#doubles[STARTED_AT] ?? 0) : undefined;
  }

  /** Returns the request; `undefined` when there is none, or it changes faster than it can be read. */
  read(): RunningRequest | undefined {
    const words = this.#words;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const sequence = Atomics.load(words, SEQUENCE);
      if ((sequence & 1) !== 0) continue;
      const request = this.#copy();
      // An exchange of like for like: unlike a load, it cannot be done before the reads above.
      if (Atomics.compareExchange(words, SEQUENCE, sequence, sequence) === sequence) return request;
    }
    return undefined;
  }

  #copy(): RunningRequest | undefined {
    const words = this.#words;
    if (words[IS_SHOWN] !== 1) return undefined;
    return {
      method: this.#text(TEXT_OFFSET, words[METHOD_LENGTH] ?? 0, METHOD_ROOM),
      uri: this.#text(URI_OFFSET, words[URI_LENGTH] ?? 0, URI_ROOM),
      id: this.#text(ID_OFFSET, this.#bytes[ID_LENGTH_OFFSET] ?? 0, ID_ROOM) || undefined,
      startedAt: fromMonotonic(this.#doubles[STARTED_AT] ?? 0),
      headSent: words[IS_HEAD_SENT] === 1,
      fd: words[FD] ?? -1,
    };
  }

  /** @param length - of the whole text, of which `room` characters are there at most */
  #text(offset: number, length: number, room: number): string {
    if (length <= room) return this.#bytes.toString('latin1', offset, offset + length);
    return this.#bytes.toString('latin1', offset, offset + room - ELLIPSIS.length) + ELLIPSIS;
  }

  /** For a few characters a call into C++ would cost more than they do. */
  #writeShort(text: string, offset: number, room: number): void {
    const length = Math.min(text.length, room);
    for (let i = 0; i < length; i++) this.#bytes[offset + i] = text.charCodeAt(i);
  }
}
