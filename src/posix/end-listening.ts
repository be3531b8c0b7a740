// The end of a listening socket that others have copies of.

import fs from 'node:fs';
import { check } from './answers.ts';
import type { Descriptor } from './descriptor.ts';
import { loadPosix } from './libc.ts';

const SHUT_RD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

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
  for (const name of fs.readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    // That of the listing itself is closed by now, which is no matter.
    if (fd > 2) posix.fcntl(fd, F_SETFD, 'int', FD_CLOEXEC);
  }
}

/** Keeps a descriptor that was inherited from being inherited further. */
export function keepFromChildren({ fd, subject }: Descriptor): void {
  const posix = loadPosix();
  const flags = check('fcntl', posix.fcntl(fd, F_GETFD, 'int', 0), subject);
  check('fcntl', posix.fcntl(fd, F_SETFD, 'int', flags | FD_CLOEXEC), subject);
}
