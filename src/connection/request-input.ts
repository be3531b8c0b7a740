// The request body as the handler reads it: a stream that ends after exactly the announced bytes.

import { countUpload } from './upload-garbage.ts';
import { BodyTruncatedError, RequestTimeoutError } from './connection-errors.ts';
import { LazyReadable, makeReadable } from './lazy-readable.ts';
import type { Transport } from './transport.ts';

/** What is buffered for a handler that is slower than the peer, in bytes. */
const HIGH_WATER_MARK = 64 * 1024;

/** Where the bytes come from, as far as the input steers it. */
type Source = Pick<Transport, 'pause' | 'resume'>;

/** Who answers for an input. */
export interface InputOwner {
  /** Longest silence while the handler waits for bytes, milliseconds. */
  readonly bodyTimeout: number;
  /** The input ends with an error. */
  inputFailed(error: Error): void;
}

/**
 * Reads `bodySize` bytes of `source`, with back-pressure; what follows is ignored. The owner passes
 * the chunks that arrive to `receive` and their end to `truncate`.
 */
export class RequestInput extends LazyReadable {
  readonly #source: Source;
  readonly #bodySize: number;
  readonly #owner: InputOwner;
  #isSetUp = false;
  #isOver = false;
  #received = 0;
  #silence: NodeJS.Timeout | undefined;

  /**
   * @param source - paused and resumed for back-pressure; owned by the caller
   * @param bodySize - bytes announced
   */
  constructor(source: Source, bodySize: number, owner: InputOwner) {
    super();
    this.#source = source;
    this.#bodySize = bodySize;
    this.#owner = owner;
  }

  /** Called when it is first used, by whomever. */
  setUp(): void {
    makeReadable(this, HIGH_WATER_MARK);
    this.#isSetUp = true;
    // A handler that ignores its input must not fall over an error of it, either.
    this.on('error', (error) => this.#owner.inputFailed(error));
    if (this.#isOver) this.destroy();
    else if (this.#bodySize === 0) this.push(null);
  }

  /** Body bytes that have arrived. */
  get received(): number {
    return this.#received;
  }

  /** The handler reads it, or has begun to. */
  get isRead(): boolean {
    return this.#isSetUp && this.readableFlowing !== null && !this.destroyed;
  }

  /** What went wrong with it. */
  get failure(): Error | undefined {
    return this.#isSetUp ? (this.errored ?? undefined) : undefined;
  }

  /** All announced bytes are here. */
  get isComplete(): boolean {
    return this.#received >= this.#bodySize;
  }

  /** Takes what has arrived; bytes beyond the body are dropped. */
  receive(chunk: Buffer): void {
    if (this.isComplete || chunk.length === 0) return;
    const missing = this.#bodySize - this.#received;
    const part = chunk.length > missing ? chunk.subarray(0, missing) : chunk;
    this.#received += part.length;
    countUpload(part.length);
    this.#stopClock();
    // Nobody reads any more: keep the bytes flowing, so that the end of the connection is seen.
    if (this.destroyed) return;
    const wantsMore = this.push(part);
    if (this.isComplete) this.push(null);
    else if (!wantsMore) this.#source.pause();
    else this.#startClock();
  }

  /** The peer closed: what is missing will never come. */
  truncate(): void {
    if (!this.isComplete) this.destroy(new BodyTruncatedError(this.#bodySize, this.#received));
  }

  /** Nobody gets anything of it any more. */
  close(): void {
    this.#isOver = true;
    if (this.#isSetUp) this.destroy();
  }

  override _read(): void {
    if (this.isComplete) return;
    this.#startClock();
    // What arrives inside of this call would be joined, by a copy, with what is being read.
    queueMicrotask(() => {
      if (!this.destroyed) this.#source.resume();
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stopClock();
    if (!this.isComplete) this.#source.resume();
    callback(error);
  }

  #startClock(): void {
    // Streams read ahead of a handler that has shown no interest; only one that waits has a limit.
    if (this.#silence !== undefined || this.readableFlowing === null) return;
    const { bodyTimeout } = this.#owner;
    this.#silence = setTimeout(() => {
      this.destroy(new RequestTimeoutError('body', bodyTimeout));
    }, bodyTimeout);
  }

  #stopClock(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }
}
