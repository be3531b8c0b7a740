// Which files root may read its orders from, and in which directories it may write: whoever can change them, or
// put a link there, is root. Pure.

import { dirname } from 'node:path';

/** Of a file's status, what its trust depends on. */
export interface FileOwnership {
  readonly uid: number;
  readonly mode: number;
}

const ROOT = 0;
const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;
/** In a directory: only its owner, and theirs, may rename or remove files. */
const STICKY = 0o1000;
const TYPE = 0o170000;
const DIRECTORY = 0o040000;

/**
 * Returns why a file is not to be read, and how to mend that; `undefined`: it may be. Asked of a directory: why
 * nothing in it is to be, since whoever can put another file into its place does so between the look and the reading.
 *
 * @param path - the file or directory itself, all links resolved
 * @param reader - id of the user that reads it; `undefined` where users have none
 */
export function whyNotTrusted(
  path: string,
  { uid, mode }: FileOwnership,
  reader: number | undefined,
): string | undefined {
  if (reader !== ROOT) return undefined;
  const isDirectory = (mode & TYPE) === DIRECTORY;
  const expected = isDirectory
    ? 'expected a directory that nobody but root may write, since root works with a file in it'
    : 'expected a file that nobody but root may write, since root acts on it';
  if (uid !== ROOT) {
    return `${path}: ${expected}, but its owner is user ${uid}; chown root ${path}, and look at what it says`;
  }
  if (isDirectory && (mode & STICKY) !== 0) return undefined;
  const who = mode & OTHERS_WRITE ? 'everybody' : 'its group';
  if ((mode & (GROUP_WRITE | OTHERS_WRITE)) === 0) return undefined;
  return `${path}: ${expected}, but ${who} may (mode ${octal(mode)}); chmod go-w ${path}`;
}

/** All directories above `path`, from the root on, and itself. */
export function pathTo(path: string): string[] {
  return dirname(path) === path ? [path] : [...pathTo(dirname(path)), path];
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
