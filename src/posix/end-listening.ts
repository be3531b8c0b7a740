// The end of a listening socket that others have copies of.

import fs from 'node:fs';
import { check } from './answers.ts';
import type { Descriptor } from './descriptor.ts';
import { loadPosix } from './libc.ts';

const SHUT_RD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const CLOSE_RANGE_CLOEXEC = 4;
const FIRST_FD = 3;
const LAST_FD = 0xffff_ffff;
/** Few processes have more when they start. */
const MOST_DESCRIPTORS = 4_096;

/**
 * Ends listening for everybody who has the socket, and closes our copy: new connections are refused
 * at once, whoever still holds it, and what waits in the backlog is reset. Accept it before.
 */
export function endListening(listener: Descriptor): void {
  check('shutdown', loadPosix().shutdown(listener.fd, SHUT_RD), listener.subject);
  listener.close();
}

/** Keeps all descriptors from children but the standard ones, also those that a careless parent has left us. */
export function keepAllFromChildren(): void {
  const posix = loadPosix();
  if (posix.close_range(FIRST_FD, LAST_FD, CLOSE_RANGE_CLOEXEC) === 0) return;
  // The kernel is older than 5.11. Where one is not open, nothing happens.
  for (const fd of openDescriptors()) posix.fcntl(fd, F_SETFD, 'int', FD_CLOEXEC);
}

function openDescriptors(): number[] {
  try {
    const numbers = fs.readdirSync('/proc/self/fd').map(Number);
    return numbers.filter((fd) => fd >= FIRST_FD);
  } catch {
    // A process that dropped its privileges may not look, and in another root directory there is no /proc.
    return Array.from({ length: MOST_DESCRIPTORS }, (_, i) => FIRST_FD + i);
  }
}

/** Keeps a descriptor that was inherited from being inherited further. */
export function keepFromChildren({ fd, subject }: Descriptor): void {
  const posix = loadPosix();
  const flags = check('fcntl', posix.fcntl(fd, F_GETFD, 'int', 0), subject);
  check('fcntl', posix.fcntl(fd, F_SETFD, 'int', flags | FD_CLOEXEC), subject);
}
