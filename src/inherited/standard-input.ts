// What this process was started with as its standard input, as far as that concerns a server. Whoever
// starts a program for a socket (lighttpd, spawn-fcgi, inetd) puts it there.

import fs from 'node:fs';
import { createServer, Socket } from 'node:net';
import { posixUnavailable } from '../posix/libc.ts';
import { inspectSocket } from '../posix/listeners.ts';
import { isInput, reopen, STDERR, STDIN, STDOUT } from '../standard-descriptors.ts';

export type StandardInput =
  | 'listener'
  /** One that was accepted, or comes from somewhere: it has an address. */
  | 'connection'
  /** A terminal, a file, a pipe; also a pair of sockets, which is Node's and sshd's idea of a pipe. */
  | 'other';

/** Says what standard input is; changes nothing that anybody would notice. */
export function inspectStandardInput(): StandardInput {
  if (!fs.fstatSync(STDIN).isSocket()) return 'other';
  if (posixUnavailable() !== undefined) return inspectPortably();
  const { listens, isNamed } = inspectSocket(STDIN);
  if (listens) return 'listener';
  return isNamed ? 'connection' : 'other';
}

/** Of a connection that is no TCP one Node does not tell whether it is half of a pair: taken for one. */
function inspectPortably(): StandardInput {
  if (inputListens()) return 'listener';
  const input = new Socket({ fd: STDIN, readable: false, writable: false });
  return input.remoteAddress === undefined ? 'other' : 'connection';
}

/** Whether standard input listens, where no C function can be called: only there listening again succeeds. */
export function inputListens(): boolean {
  const server = createServer().on('error', () => {});
  server.listen({ fd: STDIN });
  const { listening } = server;
  // Node never closes a standard descriptor.
  server.close();
  return listening;
}

/**
 * Where standard output or error are the socket that standard input is, as under inetd, they lead to nothing
 * from now on: what is printed must not get to whoever is connected.
 */
export function hushSharedStreams(): void {
  if (!fs.fstatSync(STDIN).isSocket()) return;
  const shared = [STDERR, STDOUT].filter(isInput);
  if (shared.length === 0 || inspectStandardInput() === 'other') return;
  for (const fd of shared) reopen(fd, '/dev/null', 'r+');
}
