// Listening sockets: made here, or inherited from whoever started us. Never blocking, whatever they were before.

import { Buffer } from 'node:buffer';
import { check } from './answers.ts';
import { Descriptor } from './descriptor.ts';
import { ERRNO, PosixError } from './errno.ts';
import { loadPosix } from './libc.ts';
import type { SocketAddress } from './socket-address.ts';
import {
  ADDRESS_BYTES,
  AF_INET6,
  AF_UNIX,
  decodeAddress,
  encodeAddress,
  formatSocketAddress,
} from './socket-address.ts';
import { QUIET_SOCKET, SOCK_STREAM, SOL_SOCKET } from './sockets.ts';

/** A bound socket that listens. */
export interface BoundListener {
  readonly descriptor: Descriptor;
  /** What it is bound to: the real port where any was asked for. */
  readonly address: SocketAddress;
}

export interface CreateListenerOptions {
  /** Length of the listen(2) queue. */
  backlog: number;
  /** TCP: show a connection only when it has sent something, or this many seconds later (tcp(7)). */
  deferAcceptSeconds?: number;
}

const SO_REUSEADDR = 2;
const SO_TYPE = 3;
const SO_RCVTIMEO = 20;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
const TCP_DEFER_ACCEPT = 9;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const FD_CLOEXEC = 1;
const O_NONBLOCK = 0o4000;

/**
 * Binds a socket and listens on it.
 *
 * @throws PosixError of socket, setsockopt, bind or listen; nothing stays open then
 */
export function createListener(
  address: SocketAddress,
  options: CreateListenerOptions,
): BoundListener {
  const posix = loadPosix();
  const subject = formatSocketAddress(address);
  const { family, bytes } = encodeAddress(address);
  const fd = check('socket', posix.socket(family, SOCK_STREAM | QUIET_SOCKET, 0), subject);
  const descriptor = new Descriptor(fd, subject);
  try {
    if (family !== AF_UNIX) setOption(descriptor, [SOL_SOCKET, SO_REUSEADDR], 1);
    // Otherwise `::` would take the port of every IPv4 address as well.
    if (family === AF_INET6) setOption(descriptor, [IPPROTO_IPV6, IPV6_V6ONLY], 1);
    const { backlog, deferAcceptSeconds = 0 } = options;
    if (family !== AF_UNIX && deferAcceptSeconds > 0) {
      setOption(descriptor, [IPPROTO_TCP, TCP_DEFER_ACCEPT], deferAcceptSeconds);
    }
    check('bind', posix.bind(fd, bytes, bytes.length), subject);
    check('listen', posix.listen(fd, backlog), subject);
    return { descriptor, address: boundAddress(descriptor) };
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/**
 * Takes over a listening socket that was inherited, and makes it safe to share: not blocking, not
 * passed on to children, and, should somebody with the same socket make it block again, with a
 * receive timeout of 1 ms, so that accept4 returns. Accepted sockets do not feel that timeout:
 * they never block.
 *
 * @param backlog - length of the listen(2) queue of a socket that is bound and does not listen yet;
 *   absent: such a one is refused
 * @throws PosixError EBADF, ENOTSOCK, EOPNOTSUPP (no stream socket), EINVAL (does not listen) or
 *   EAFNOSUPPORT (neither IP nor Unix); the descriptor is left as it was
 */
export function adoptListener(fd: number, backlog?: number): BoundListener {
  const posix = loadPosix();
  const descriptor = new Descriptor(fd, `fd:${fd}`);
  const listens = isListening(descriptor);
  const address = boundAddress(descriptor);
  if (!listens) {
    if (backlog === undefined || !hasName(address)) throw unfit(descriptor, ERRNO.EINVAL);
    check('listen', posix.listen(fd, backlog), descriptor.subject);
  }
  const flags = check('fcntl', posix.fcntl(fd, F_GETFL, 'int', 0), fd);
  check('fcntl', posix.fcntl(fd, F_SETFL, 'int', flags | O_NONBLOCK), fd);
  check('fcntl', posix.fcntl(fd, F_SETFD, 'int', FD_CLOEXEC), fd);
  const oneMillisecond = new Uint8Array(new BigInt64Array([0n, 1000n]).buffer); // struct timeval
  check('setsockopt', posix.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, oneMillisecond, 16), fd);
  return { descriptor, address };
}

/**
 * Whether a stream socket listens; if not, it is a connection.
 *
 * @throws PosixError ENOTSOCK, or EOPNOTSUPP: no stream socket
 */
export function isListening(descriptor: Descriptor): boolean {
  if (getOption(descriptor, SO_TYPE) !== SOCK_STREAM) throw unfit(descriptor, ERRNO.EOPNOTSUPP);
  return getOption(descriptor, SO_ACCEPTCONN) !== 0;
}

/**
 * Says what a socket is. A name is what others connect to, or were connected to: half of a socketpair(2)
 * has none.
 */
export function inspectSocket(fd: number): { listens: boolean; isNamed: boolean } {
  const descriptor = new Descriptor(fd, `fd:${fd}`);
  if (getOption(descriptor, SO_TYPE) !== SOCK_STREAM) return { listens: false, isNamed: false };
  const listens = getOption(descriptor, SO_ACCEPTCONN) !== 0;
  return { listens, isNamed: hasName(boundAddress(descriptor)) };
}

/** Whether calls on this descriptor return at once. The flag is shared by all who have the socket. */
export function isNonBlocking(descriptor: Descriptor): boolean {
  const { fd, subject } = descriptor;
  const flags = check('fcntl', loadPosix().fcntl(fd, F_GETFL, 'int', 0), subject);
  return (flags & O_NONBLOCK) !== 0;
}

function hasName(address: SocketAddress): boolean {
  return address.kind === 'tcp' ? address.port !== 0 : address.path !== '';
}

function unfit({ subject }: Descriptor, errno: number): PosixError {
  return new PosixError('accept4', errno, subject);
}

function boundAddress({ fd, subject }: Descriptor): SocketAddress {
  const bytes = Buffer.alloc(ADDRESS_BYTES);
  const length = new Uint32Array([ADDRESS_BYTES]);
  const result = loadPosix().getsockname(fd, bytes, new Uint8Array(length.buffer));
  check('getsockname', result, subject);
  const address = decodeAddress(bytes, length[0] ?? 0);
  if (address === undefined) throw new PosixError('accept4', ERRNO.EAFNOSUPPORT, subject);
  return address;
}

function setOption(
  { fd, subject }: Descriptor,
  [level, name]: [number, number],
  value: number,
): void {
  const bytes = new Uint8Array(new Int32Array([value]).buffer);
  check('setsockopt', loadPosix().setsockopt(fd, level, name, bytes, 4), subject);
}

function getOption({ fd, subject }: Descriptor, name: number): number {
  const value = new Int32Array(1);
  const length = new Uint8Array(new Uint32Array([4]).buffer);
  const bytes = new Uint8Array(value.buffer);
  check('getsockopt', loadPosix().getsockopt(fd, SOL_SOCKET, name, bytes, length), subject);
  return value[0] ?? 0;
}
