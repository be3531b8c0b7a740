// Keeps a program's output back while the body of its request is still coming: nginx sends nothing more
// of an upload as soon as the response has begun, and many a program writes its head before it reads.

import type { Readable, Writable } from 'node:stream';

/** Most that is kept, bytes; the pipe holds as much again. */
const MOST_BYTES = 64 * 1024;
/** A body that stands still for so long is not waited for, milliseconds: its program may not want it. */
const PATIENCE_MS = 1_000;

export class OutputGate {
  readonly #output: Writable;
  readonly #opened: () => void;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #isOpen: boolean;
  #isEnded = false;
  #clock: NodeJS.Timeout | undefined;

  /**
   * @param input - the request's body, which somebody else reads
   * @param opened - called when more can be written after `write` has returned false
   */
  constructor(output: Writable, input: Readable | undefined, opened: () => void) {
    this.#output = output;
    this.#opened = opened;
    this.#isOpen = input === undefined;
    input?.on('data', () => this.#clock?.refresh());
    input?.once('close', () => this.open());
  }

  /** @returns false: no more now */
  write(chunk: Buffer): boolean {
    if (this.#output.destroyed) return true;
    if (this.#isOpen) return this.#output.write(chunk);
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    this.#clock ??= setTimeout(() => this.open(), PATIENCE_MS);
    return this.#keptBytes < MOST_BYTES;
  }

  /** Ends the output behind what was written. */
  end(): void {
    this.#isEnded = true;
    if (this.#isOpen) this.#output.end();
  }

  /** Lets through what was kept, and all that comes. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    clearTimeout(this.#clock);
    let hasRoom = true;
    for (const chunk of this.#kept) hasRoom = this.write(chunk);
    this.#kept = [];
    if (this.#isEnded) this.#output.end();
    else if (hasRoom) this.#opened();
  }
}
