// Finds the sockets that this process was started with, and lets go of those that are not wanted.

import fs from 'node:fs';
import { keepAllFromChildren } from '../posix/end-listening.ts';
import { posixUnavailable } from '../posix/libc.ts';
import { dropInput, STDIN } from '../standard-descriptors.ts';
import { readListenFds } from './listen-fds.ts';
import type { ServiceVariables } from './service-variables.ts';
import { inspectStandardInput } from './standard-input.ts';
import type { Inherited } from './with-inherited.ts';

/** @throws ServerError `ERR_SCGI_CONFIG` for variables that make no sense */
export function findInherited(variables: ServiceVariables, pid: number): Inherited {
  return { ...readListenFds(variables, pid), input: inspectStandardInput() };
}

/** Lets go of sockets that nobody serves: who connects to them is not to wait for ever. */
export function dropUnused(unused: readonly number[]): void {
  for (const fd of unused) {
    if (fd === STDIN) dropInput();
    // A number that was announced and not passed may be one of Node's own descriptors.
    else if (isSocket(fd)) fs.closeSync(fd);
  }
}

/**
 * Keeps from our children whatever else this process was started with: a worker that has dropped its rights must
 * not find what a careless parent has left open. Node does so itself, up to the first number above 15 that is free.
 */
export function keepTheRest(): void {
  if (posixUnavailable() === undefined) keepAllFromChildren();
}

function isSocket(fd: number): boolean {
  try {
    return fs.fstatSync(fd).isSocket();
  } catch {
    // It is not open.
    return false;
  }
}
