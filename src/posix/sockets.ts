// Connections: accept, receive, send, close. The hot path: numbers in, numbers out, nothing allocated.

import { Buffer } from 'node:buffer';
import { InternalError } from '../errors.ts';
import type { Answers } from './answers.ts';
import { ABORTED, answers, answerTo, check, EXHAUSTED, NOTHING, REPEAT, RESET } from './answers.ts';
import type { Descriptor } from './descriptor.ts';
import { ERRNO } from './errno.ts';
import type { Pointer } from './libc.ts';
import { loadPosix } from './libc.ts';
import { NativeBuffer } from './native-buffer.ts';
import type { SocketAddress } from './socket-address.ts';
import { ADDRESS_BYTES, decodeAddress } from './socket-address.ts';

export const SOCK_STREAM = 1;
export const SOCK_SEQPACKET = 5;
/** SOCK_NONBLOCK | SOCK_CLOEXEC, for sockets of ours: never blocking, never inherited by accident. */
export const QUIET_SOCKET: number = 0o4000 | 0o2000000;
export const SOL_SOCKET = 1;
export const MSG_DONTWAIT = 0x40;
/** MSG_DONTWAIT | MSG_NOSIGNAL. */
export const QUIET_SEND: number = MSG_DONTWAIT | 0x4000;

const MSG_PEEK = 2;
const SO_LINGER = 13;
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
/** The first byte of struct tcp_info: both sides are open, or the peer's is not any more. */
const TCP_ESTABLISHED = 1;
const TCP_CLOSE_WAIT = 8;
const SHUT_WR = 1;
const POLLIN = 1;
const POLLOUT = 4;
const POLLERR = 8;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;
const POLLRDHUP = 0x2000;

const OUT_OF_MEMORY = [ERRNO.ENOBUFS, ERRNO.ENOMEM] as const;

/** What TCP reports when the network gave up on a connection (tcp(7), ip(7)). */
const NETWORK_FAILURES = [
  ERRNO.ETIMEDOUT,
  ERRNO.ENETDOWN,
  ERRNO.EHOSTDOWN,
  ERRNO.ENONET,
  ERRNO.EHOSTUNREACH,
  ERRNO.ENETUNREACH,
  ERRNO.ENOPROTOOPT,
  ERRNO.EPROTO,
] as const;

/** accept(2) passes errors on that are about the connection, not about the listener: "treat them like EAGAIN by retrying". */
const ACCEPT: Answers = answers(
  [NOTHING, ERRNO.EAGAIN],
  [ABORTED, ERRNO.ECONNABORTED, ERRNO.EOPNOTSUPP, ...NETWORK_FAILURES],
  [EXHAUSTED, ERRNO.EMFILE, ERRNO.ENFILE, ...OUT_OF_MEMORY],
);

const TRANSFER: Answers = answers(
  [NOTHING, ERRNO.EAGAIN],
  [RESET, ERRNO.ECONNRESET, ERRNO.EPIPE, ERRNO.ENOTCONN, ERRNO.ECONNABORTED, ...NETWORK_FAILURES],
  [RESET, ERRNO.ECONNREFUSED],
  [EXHAUSTED, ...OUT_OF_MEMORY],
);

/** It is closed, or no socket at all. */
const OWN_NAME: Answers = answers([RESET, ERRNO.EINVAL], [NOTHING, ERRNO.ENOTSOCK]);

/**
 * Takes a waiting connection from a listener: non-blocking, not inherited, owned by the caller.
 *
 * @returns the connection, NOTHING, ABORTED or EXHAUSTED
 * @see accept(2)
 */
export function accept(listener: Descriptor): number {
  const posix = loadPosix();
  for (;;) {
    const fd = posix.accept4(listener.fd, null, null, QUIET_SOCKET);
    if (fd >= 0) return fd;
    const answer = answerTo('accept4', ACCEPT, listener.subject);
    if (answer !== REPEAT) return answer;
  }
}

/**
 * Receives what is there into `buffer`, from `offset` to its end at most.
 *
 * @returns bytes (0: the peer has ended its side), NOTHING, RESET or EXHAUSTED
 * @see recv(2)
 */
export function receive(fd: number, buffer: NativeBuffer, offset: number): number {
  const room = buffer.size - offset;
  // Asking for no bytes would be answered like an end.
  if (offset < 0 || room <= 0) {
    throw new InternalError(`cannot receive at ${offset} of ${buffer.size} bytes`);
  }
  return receiveAt(fd, buffer.address + offset, room);
}

/** As {@link receive} at the start of `buffer`; what is there stays there, to be received again. */
export function peek(fd: number, buffer: NativeBuffer): number {
  return receiveAt(fd, buffer.address, buffer.size, MSG_PEEK);
}

/** As {@link receive}, into memory of JavaScript's own, which must have room. */
export function receiveInto(fd: number, bytes: Uint8Array): number {
  if (bytes.length === 0) throw new InternalError('cannot receive into no bytes');
  return receiveAt(fd, bytes, bytes.length);
}

// Numbers only: the hot path.
// oxlint-disable-next-line max-params
function receiveAt(fd: number, bytes: Pointer, room: number, flags: number = 0): number {
  const posix = loadPosix();
  for (;;) {
    const count = posix.recv(fd, bytes, room, MSG_DONTWAIT | flags);
    if (count >= 0) return count;
    const answer = answerTo('recv', TRANSFER, fd);
    if (answer !== REPEAT) return answer;
  }
}

/**
 * Sends the first `length` of `bytes`, as much as the kernel takes at once.
 *
 * @returns bytes that it took, NOTHING, RESET or EXHAUSTED
 * @see send(2)
 */
export function sendOnce(fd: number, bytes: Uint8Array, length: number): number {
  if (length < 0 || length > bytes.length) {
    throw new InternalError(`cannot send ${length} of ${bytes.length} bytes`);
  }
  return sendAt(fd, bytes, length);
}

/** As {@link sendOnce}, from the start of native memory, whose address need not be asked for. */
export function sendFrom(fd: number, buffer: NativeBuffer, length: number): number {
  if (length < 0 || length > buffer.size) {
    throw new InternalError(`cannot send ${length} of ${buffer.size} bytes`);
  }
  return sendAt(fd, buffer.address, length);
}

function sendAt(fd: number, bytes: Pointer, length: number): number {
  const posix = loadPosix();
  for (;;) {
    const count = posix.send(fd, bytes, length, QUIET_SEND);
    if (count >= 0) return count;
    const answer = answerTo('send', TRANSFER, fd);
    if (answer !== REPEAT) return answer;
  }
}

/**
 * Ends our side; the peer's answer can still be received.
 *
 * @returns 0 or RESET
 * @see shutdown(2)
 */
export function shutdownWrite(fd: number): number {
  return loadPosix().shutdown(fd, SHUT_WR) === 0 ? 0 : answerTo('shutdown', TRANSFER, fd);
}

/** Makes the next close a reset, on TCP: the peer sees that the response is not whole. */
export function resetOnClose(fd: number): void {
  const lingerForNoTime = new Uint8Array(new Int32Array([1, 0]).buffer);
  check('setsockopt', loadPosix().setsockopt(fd, SOL_SOCKET, SO_LINGER, lingerForNoTime, 8), fd);
}

/** Whether our side of a TCP connection is open: what was sent on it may go on. */
export function isSending(fd: number): boolean {
  const state = new Uint8Array(1);
  const length = new Uint8Array(new Uint32Array([1]).buffer);
  if (loadPosix().getsockopt(fd, IPPROTO_TCP, TCP_INFO, state, length) !== 0) return false;
  return state[0] === TCP_ESTABLISHED || state[0] === TCP_CLOSE_WAIT;
}

/** One struct pollfd: descriptor (4 bytes), events (2), what happened (2). */
let pollEntry: NativeBuffer | undefined;

/**
 * Waits until {@link receive} has something to tell: bytes, an end or an error.
 *
 * @returns false when the time is over, or when a signal came, whose handler has to run first
 * @see poll(2)
 */
export function pollReadable(fd: number, timeoutMs: number): boolean {
  return poll(fd, POLLIN, timeoutMs);
}

/** As {@link pollReadable}, until {@link sendOnce} can send something or has an error to tell. */
export function pollWritable(fd: number, timeoutMs: number): boolean {
  return poll(fd, POLLOUT, timeoutMs);
}

/** Whether the peer has ended its side, or is gone; bytes that it sent before may still be unread. */
export function hasHungUp(fd: number): boolean {
  return poll(fd, POLLRDHUP, 0) && (happened() & (POLLRDHUP | POLLHUP | POLLERR)) !== 0;
}

/** What the last poll has seen. */
function happened(): number {
  return pollEntry?.bytes.readInt16LE(6) ?? 0;
}

function poll(fd: number, event: number, timeoutMs: number): boolean {
  pollEntry ??= new NativeBuffer(8);
  const { bytes, address } = pollEntry;
  bytes.writeInt32LE(fd, 0);
  bytes.writeInt32LE(event, 4); // and, in the upper half, nothing has happened yet
  const count = loadPosix().poll(address, 1, timeoutMs);
  if (count < 0) answerTo('poll', TRANSFER, fd);
  if (count > 0 && happened() & POLLNVAL) {
    throw new InternalError(`fd ${fd} is polled and not open`);
  }
  return count > 0;
}

/** Returns the peer of a connection; undefined when it is gone already. Allocates: call on demand only. */
export function peerAddress(fd: number): SocketAddress | undefined {
  return nameOf('getpeername', fd, TRANSFER);
}

/** Returns our address of a connection, which is that of its listener; undefined when it is none. */
export function localAddress(fd: number): SocketAddress | undefined {
  return nameOf('getsockname', fd, OWN_NAME);
}

function nameOf(
  call: 'getpeername' | 'getsockname',
  fd: number,
  table: Answers,
): SocketAddress | undefined {
  const bytes = Buffer.alloc(ADDRESS_BYTES);
  const length = new Uint32Array([ADDRESS_BYTES]);
  if (loadPosix()[call](fd, bytes, new Uint8Array(length.buffer)) === 0) {
    return decodeAddress(bytes, length[0] ?? 0);
  }
  answerTo(call, table, fd);
  return undefined;
}
