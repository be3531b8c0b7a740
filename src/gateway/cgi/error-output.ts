// What a program writes to its error output goes to the log, line by line, under the program's name.

import { LineSplitter } from '../../line-splitter.ts';
import type { HandlerLog } from '../handler.ts';

/** Most of one request that is logged: a program that floods its error output must not flood the log. */
const MOST_BYTES = 256 * 1024;
const FIELDS = { stream: 'stderr' };

export class ErrorOutput {
  readonly #title: string;
  readonly #log: HandlerLog;
  readonly #lines = new LineSplitter();
  #bytes = 0;

  constructor(title: string, log: HandlerLog) {
    this.#title = title;
    this.#log = log;
  }

  push(chunk: Buffer): void {
    const kept = chunk.subarray(0, Math.max(0, MOST_BYTES - this.#bytes));
    this.#bytes += chunk.length;
    this.#write(this.#lines.push(kept));
  }

  end(): void {
    if (this.#bytes === 0) return;
    this.#write(this.#lines.end());
    const dropped = this.#bytes - MOST_BYTES;
    if (dropped > 0) this.#write([`${dropped} more bytes of error output are not logged`]);
  }

  #write(lines: readonly string[]): void {
    for (const line of lines) this.#log.warn(`${this.#title}: ${line}`, FIELDS);
  }
}
