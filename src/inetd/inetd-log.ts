// The log of a process that has no master: lines of text on standard error, or added to a file.

import type { LogLevel } from '../ipc/messages.ts';
import { LogDestination } from '../ops/log-destination.ts';
import { formatTextLine } from '../ops/text-format.ts';
import { STDERR } from '../standard-descriptors.ts';

/** Longest time for the last lines: the reader of the log may have stopped. */
const LAST_LINES_MS = 500;

export class InetdLog {
  readonly #hasTime: boolean;
  /** Made with the first line: most requests have none. */
  #destination: LogDestination | undefined;

  /** @param hasTime - nobody else adds time stamps */
  constructor(hasTime: boolean) {
    this.#hasTime = hasTime;
  }

  write(level: LogLevel, message: string, fields: Record<string, unknown>): void {
    this.#destination ??= new LogDestination({ fd: STDERR });
    const time = this.#hasTime ? { time: new Date().toISOString() } : {};
    const record = { worker: process.pid, ...fields, ...time, level, msg: message };
    this.#destination.write(formatTextLine(record, { colour: false }));
  }

  /** Ends the process when the last line is written. */
  exit(code: number): void {
    if (this.#destination === undefined) process.exit(code);
    void this.#destination.flush(LAST_LINES_MS).then(() => process.exit(code));
  }
}
