// Connections of the load generator.

import { ERRNO, PosixError } from '../../../src/posix/errno.ts';
import { loadPosix } from '../../../src/posix/libc.ts';
import { NativeBuffer } from '../../../src/posix/native-buffer.ts';
import type { SocketAddress } from '../../../src/posix/socket-address.ts';
import { encodeAddress, formatSocketAddress } from '../../../src/posix/socket-address.ts';
import { closeFd } from '../../../src/posix/descriptor.ts';
import { QUIET_SOCKET, SOCK_STREAM } from '../../../src/posix/sockets.ts';

/** Nobody listens, or the queue of connections is full: try again later. */
export const REFUSED = -1;

const REFUSALS: readonly number[] = [
  ERRNO.EAGAIN, // a Unix socket's queue is full
  ERRNO.ECONNREFUSED,
  ERRNO.ECONNRESET,
  ERRNO.ENOENT,
];

/**
 * Makes the function that opens connections to `address`: not blocking, perhaps not yet open when it
 * returns (TCP). It returns the connection, which the caller then owns, or REFUSED.
 */
export function connector(address: SocketAddress): () => number {
  const posix = loadPosix();
  const { family, bytes } = encodeAddress(address);
  const target = new NativeBuffer(bytes.length);
  target.bytes.set(bytes);
  const subject = formatSocketAddress(address);
  return () => {
    const fd = posix.socket(family, SOCK_STREAM | QUIET_SOCKET, 0);
    if (fd < 0) throw new PosixError('socket', posix.errno(), subject);
    if (posix.connect(fd, target.address, target.size) === 0) return fd;
    const errno = posix.errno();
    if (errno === ERRNO.EINPROGRESS) return fd;
    closeFd(fd);
    if (REFUSALS.includes(errno)) return REFUSED;
    throw new PosixError('connect', errno, subject);
  };
}
