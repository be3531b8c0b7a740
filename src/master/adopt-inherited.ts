// Takes over a listening socket that this process was started with, where C functions can be called.

import { Descriptor, duplicate } from '../posix/descriptor.ts';
import { PosixError } from '../posix/errno.ts';
import type { BoundListener } from '../posix/listeners.ts';
import { adoptListener } from '../posix/listeners.ts';
import { reopen, STDERR } from '../standard-descriptors.ts';

/**
 * Makes the socket ours, see {@link adoptListener}. One on a standard descriptor gets another number: libuv
 * lets those block again when it starts a process, and node when it ends, for all who have the socket.
 *
 * @throws an error with the kernel's `code`
 */
export function adoptInherited(fd: number, backlog: number): BoundListener {
  return withCode(() => adoptListener(fd > STDERR ? fd : moveAway(fd), backlog));
}

function moveAway(fd: number): number {
  const copy = duplicate(new Descriptor(fd, `fd:${fd}`));
  if (copy === undefined)
    throw Object.assign(new Error('no descriptor is left'), { code: 'EMFILE' });
  reopen(fd, '/dev/null', 'r+');
  return copy.release();
}

/** Errors of the kernel get the `code` that Node gives them, so that both ways of binding say the same. */
export function withCode<T>(bind: () => T): T {
  try {
    return bind();
  } catch (error) {
    if (!(error instanceof PosixError)) throw error;
    throw Object.assign(new Error(error.message, { cause: error }), { code: error.errno });
  }
}
