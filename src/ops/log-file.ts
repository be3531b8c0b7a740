// A file that log lines are added to, and that is opened anew when somebody has renamed it.

import { constants, lstatSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathTo, whyNotTrusted } from '../config/trusted-file.ts';
import { ServerError } from '../errors.ts';
import { LogDestination } from './log-destination.ts';

/** Readable for a group: whoever looks at logs need not be the one who writes them. */
const MODE = 0o640;
// Without O_NONBLOCK, to open a named pipe would wait for its reader.
const FLAGS =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  constants.O_NONBLOCK |
  constants.O_NOCTTY;

export class LogFile {
  readonly destination: LogDestination;
  readonly #path: string;

  /**
   * Opens the file, and creates it if need be; its directory must exist.
   *
   * @param option - what names it, for the error
   * @throws ServerError `ERR_SCGI_CONFIG`
   */
  constructor(path: string, option: string) {
    this.#path = path;
    try {
      this.destination = new LogDestination({ fd: open(path) });
    } catch (cause) {
      const reason = (cause as Error).message;
      const message = `${option}: expected a file that can be added to: ${reason}`;
      throw new ServerError('ERR_SCGI_CONFIG', message, { cause });
    }
  }

  /**
   * Opens the file under its name again: from now on lines go there.
   *
   * @returns why not, if that fails; they go on into the file that is open
   */
  reopen(): string | undefined {
    try {
      this.destination.moveTo(open(this.#path));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}

/** @throws also where somebody else could have root write into another file */
function open(path: string): number {
  const user = process.geteuid?.();
  if (user === 0) requireOwnPlace(path, user);
  return openSync(path, FLAGS, MODE);
}

function requireOwnPlace(path: string, user: number): void {
  for (const place of pathTo(realpathSync(dirname(path)))) {
    const problem = whyNotTrusted(place, statSync(place), user);
    if (problem !== undefined) throw new Error(problem);
  }
  // In a directory like /tmp everybody may make one, though nobody may remove it.
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() === true && found.uid !== user) {
    throw new Error(`${path}: expected no link of user ${found.uid}'s, since root would follow it`);
  }
}
