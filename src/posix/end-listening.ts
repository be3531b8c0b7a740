// The end of a listening socket that others have copies of.

import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import { check } from './answers.ts';
import type { Descriptor } from './descriptor.ts';
import { loadPosix } from './libc.ts';
import { ADDRESS_BYTES, AF_UNIX } from './socket-address.ts';
import { SOL_SOCKET } from './sockets.ts';

const SHUT_RD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const CLOSE_RANGE_CLOEXEC = 4;
const FIRST_FD = 3;
const LAST_FD = 0xffff_ffff;
/** Few processes have more when they start. */
const MOST_DESCRIPTORS = 4_096;
const SO_BINDTOIFINDEX = 62;
/** No machine has an interface of this number. */
const NO_INTERFACE = 0x7fffffff;

/**
 * Refuses whoever connects from now on, whoever else has the socket. What waits in the backlog can still be
 * accepted, from a Unix socket until accept4 fails with EINVAL.
 *
 * Over TCP, connections whose handshake is under way still get into the backlog. A socket that belongs to one
 * interface is found for no connection through another, and here it is an interface that does not exist;
 * handshakes are found by their two ends. That needs Linux 5.7, or root.
 *
 * @returns whether more may get into the backlog; if not, the caller has to end listening
 */
export function refuseNewcomers({ fd, subject }: Descriptor): boolean {
  const posix = loadPosix();
  const name = Buffer.alloc(ADDRESS_BYTES);
  const length = new Uint8Array(new Uint32Array([ADDRESS_BYTES]).buffer);
  check('getsockname', posix.getsockname(fd, name, length), subject);
  if (name.readUInt16LE(0) === AF_UNIX) {
    check('shutdown', posix.shutdown(fd, SHUT_RD), subject);
    return false;
  }
  const nowhere = new Uint8Array(new Int32Array([NO_INTERFACE]).buffer);
  return posix.setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, nowhere, nowhere.length) === 0;
}

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
