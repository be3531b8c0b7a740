// The standard descriptors of this process.

import fs from 'node:fs';

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

/** Whether a descriptor is the same socket as standard input. */
export function isInput(fd: number): boolean {
  const [input, other] = [fs.fstatSync(STDIN), fs.fstatSync(fd)];
  return input.dev === other.dev && input.ino === other.ino;
}

/** Makes standard input empty, and the others that were the same lead to nothing. */
export function dropInput(): void {
  // Standard input last: the others are compared with it.
  for (const fd of [STDERR, STDOUT, STDIN]) if (isInput(fd)) reopen(fd, '/dev/null', 'r+');
}

/**
 * Opens a file as standard output and error: whatever prints is added to it, a dying node's last words
 * included.
 *
 * @throws what opening it throws; nothing has changed then
 */
export function printInto(path: string): void {
  fs.closeSync(fs.openSync(path, 'a'));
  for (const fd of [STDOUT, STDERR]) reopen(fd, path, 'a');
}

/** A file that is opened gets the lowest number that is free: all below this one are open always. */
export function reopen(fd: number, path: string, flags: string): void {
  fs.closeSync(fd);
  fs.openSync(path, flags);
}
