// The logs of a server: where they go, in which form, and what happens when their files are renamed.

import { isatty } from 'node:tty';
import { resolve } from 'node:path';
import { LogDestination } from './log-destination.ts';
import { LogFile } from './log-file.ts';
import type { ChangeableLogger, LoggerOptions } from './logger.ts';
import { createLogger } from './logger.ts';

/** What the configuration says of logs. */
export interface LogOptions {
  readonly logLevel: LoggerOptions['level'];
  readonly logFormat: LoggerOptions['format'];
  /** Absent: standard error. */
  readonly logFile?: string | undefined;
  /** Absent: where the log goes. */
  readonly accessLogFile?: string | undefined;
}

const STDERR = 2;

export class ServerLog {
  readonly log: ChangeableLogger;
  readonly #files: { readonly option: string; readonly file: LogFile }[] = [];
  readonly #destinations: readonly LogDestination[];

  /** @throws ServerError `ERR_SCGI_CONFIG` for a file that cannot be opened */
  constructor({ logLevel, logFormat, logFile, accessLogFile }: LogOptions) {
    const destination = this.#open('--log-file', logFile) ?? new LogDestination();
    const access = this.#open('--access-log-file', accessLogFile) ?? destination;
    this.#destinations = [...new Set([destination, access])];
    this.log = createLogger({
      level: logLevel,
      format: logFormat,
      destination,
      access,
      reader: logFile !== undefined ? 'file' : isatty(STDERR) ? 'terminal' : 'program',
    });
  }

  /** The files are to be found under their names again. */
  reopen(): void {
    if (this.#files.length === 0) {
      this.log.debug('SIGUSR1: no log file is to be opened anew, the log is on standard error');
    }
    for (const { option, file } of this.#files) {
      const problem = file.reopen();
      if (problem === undefined) this.log.info(`SIGUSR1: the file of ${option} was opened anew`);
      else {
        this.log.error(`SIGUSR1: ${option}: ${problem}; lines still go to the file that was open`);
      }
    }
  }

  /** Waits until every line is written, at most `timeoutMs` milliseconds. */
  async flush(timeoutMs: number): Promise<void> {
    await Promise.all(this.#destinations.map((destination) => destination.flush(timeoutMs)));
  }

  #open(option: string, path: string | undefined): LogDestination | undefined {
    if (path === undefined) return undefined;
    const file = new LogFile(resolve(path), option);
    this.#files.push({ option, file });
    return file.destination;
  }
}
