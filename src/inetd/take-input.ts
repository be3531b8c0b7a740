// Takes the socket that this process was started with off its standard descriptors.

import fs from 'node:fs';
import { Descriptor, duplicate, duplicateAs } from '../posix/descriptor.ts';
import { posixUnavailable } from '../posix/libc.ts';
import { isListening } from '../posix/listeners.ts';
import { dropInput, isInput, STDERR, STDIN, STDOUT } from '../standard-descriptors.ts';

/** What this process was given as its standard input. */
export type Input =
  /** One accepted connection (inetd's `nowait`, tcpserver), or a listening socket (`wait`). */
  | { kind: 'connection' | 'listener'; fd: number }
  /** Nothing that can be served, and what it is instead. */
  | { kind: 'other'; found: string };

/** Where a second process of this program has the socket, see `pass-on.ts`. */
const PASSED_FD = 3;

/**
 * Moves the socket to a descriptor that nobody inherits. Standard input becomes empty; standard output
 * and error, where they were the socket, lead to the log, or to nothing where there is none.
 *
 * @param command - says what a second process was passed: its socket is elsewhere already
 * @returns undefined where this process can call no C functions; nothing has changed then
 */
export function takeInput(command: string | undefined): Input | undefined {
  if (command === 'connection' || command === 'listener') return { kind: command, fd: PASSED_FD };
  const stats = fs.fstatSync(STDIN);
  if (!stats.isSocket()) return { kind: 'other', found: describeInput(stats) };
  if (posixUnavailable() !== undefined) return undefined;
  const socket = duplicate(new Descriptor(STDIN, 'standard input'));
  const isLogged = isInput(STDOUT) && !isInput(STDERR);
  dropInput();
  if (isLogged) duplicateAs(STDERR, STDOUT);
  if (socket === undefined) return { kind: 'other', found: 'a socket, and no descriptor is left' };
  try {
    const kind = isListening(socket) ? 'listener' : 'connection';
    return { kind, fd: socket.release() };
  } catch (error) {
    return { kind: 'other', found: `a socket that does not fit: ${(error as Error).message}` };
  }
}

function describeInput(stats: fs.Stats): string {
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isFile()) return 'a file';
  return stats.isCharacterDevice() ? 'a terminal or another device' : 'something else';
}
