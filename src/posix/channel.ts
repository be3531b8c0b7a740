// The channel between dispatcher and worker: a SOCK_SEQPACKET pair that carries connections and numbers both ways.
// What a message means is the dispatcher's and the worker's business.

import type { Answers } from './answers.ts';
import {
  answers,
  answerTo,
  check,
  EXHAUSTED,
  FULL,
  GONE,
  IN_FLIGHT_LIMIT,
  MESSAGE,
  NOTHING,
  REPEAT,
  TRUNCATED,
} from './answers.ts';
import { Descriptor } from './descriptor.ts';
import { ERRNO } from './errno.ts';
import { loadPosix } from './libc.ts';
import { NativeBuffer } from './native-buffer.ts';
import { AF_UNIX } from './socket-address.ts';
import { MSG_DONTWAIT, QUIET_SEND, QUIET_SOCKET, SOCK_SEQPACKET, SOL_SOCKET } from './sockets.ts';

const SCM_RIGHTS = 1;
const MSG_CTRUNC = 8;
const MSG_CMSG_CLOEXEC = 0x40000000;

/*
 * One block of memory for each direction, filled once (LP64, little-endian: x64 and arm64; glibc and musl):
 *   0 struct msghdr   64 struct iovec   80 the payload   88 struct cmsghdr   104 the descriptor
 * Positions that change are given in 32-bit words. No length reaches 2^32, so its upper half stays 0.
 */
const IOVEC = 64;
const PAYLOAD = 80;
const CONTROL = 88;
const BLOCK_BYTES = 112;
const PAYLOAD_BYTES = 4;
const CONTROL_LENGTH_WORD = 10;
const FLAGS_WORD = 12;
const PAYLOAD_WORD = 20;
const DESCRIPTOR_WORD = 26;
/** CMSG_LEN of one descriptor. With CMSG_SPACE (24) the kernel would deliver a second one into the padding. */
const ONE_DESCRIPTOR = 20;
const NO_DESCRIPTOR = -1;

const SEND: Answers = answers(
  [FULL, ERRNO.EAGAIN],
  [GONE, ERRNO.EPIPE, ERRNO.ECONNRESET, ERRNO.ECONNREFUSED, ERRNO.ENOTCONN],
  [IN_FLIGHT_LIMIT, ERRNO.ETOOMANYREFS],
  [EXHAUSTED, ERRNO.ENOBUFS, ERRNO.ENOMEM],
);

/** ECONNRESET says once that the peer left messages unread; what it has sent is still here to be received. */
const RECEIVE: Answers = answers(
  [NOTHING, ERRNO.EAGAIN],
  [REPEAT, ERRNO.ECONNRESET],
  [EXHAUSTED, ERRNO.ENOBUFS, ERRNO.ENOMEM],
);

/** One end of a channel. */
export class Channel {
  readonly descriptor: Descriptor;
  #payload = 0;
  readonly #outgoing: NativeBuffer;
  readonly #outgoingWords: Int32Array;
  readonly #incoming: NativeBuffer;
  readonly #incomingWords: Int32Array;

  /** Takes over an end: of {@link createChannel}, or one that was inherited. */
  constructor(descriptor: Descriptor) {
    this.descriptor = descriptor;
    this.#outgoing = newBlock();
    this.#outgoingWords = this.#outgoing.words();
    this.#incoming = newBlock();
    this.#incomingWords = this.#incoming.words();
  }

  /** What came with the last connection or message received: 0 to 2^32 - 1. */
  get payload(): number {
    return this.#payload;
  }

  /**
   * Passes a connection on, with a number of 32 bits. The caller still owns its own copy: it closes
   * it when this returns 0, and keeps it otherwise.
   *
   * @returns 0, FULL, GONE, IN_FLIGHT_LIMIT or EXHAUSTED
   * @see unix(7), SCM_RIGHTS
   */
  sendConnection(fd: number, payload: number): number {
    const words = this.#outgoingWords;
    words[PAYLOAD_WORD] = payload;
    words[DESCRIPTOR_WORD] = fd;
    const posix = loadPosix();
    for (;;) {
      if (posix.sendmsg(this.descriptor.fd, this.#outgoing.address, QUIET_SEND) >= 0) return 0;
      const answer = answerTo('sendmsg', SEND, this.descriptor.subject);
      if (answer !== REPEAT) return answer;
    }
  }

  /**
   * Sends a number of 32 bits alone.
   *
   * @returns 0, FULL, GONE or EXHAUSTED
   */
  sendMessage(payload: number): number {
    this.#outgoingWords[PAYLOAD_WORD] = payload;
    const bytes = this.#outgoing.address + PAYLOAD;
    const posix = loadPosix();
    for (;;) {
      if (posix.send(this.descriptor.fd, bytes, PAYLOAD_BYTES, QUIET_SEND) >= 0) return 0;
      const answer = answerTo('send', SEND, this.descriptor.subject);
      if (answer !== REPEAT) return answer;
    }
  }

  /**
   * Takes the next thing that was sent; its number is then in {@link payload}.
   *
   * @returns a connection, owned by the caller from now on, or MESSAGE, TRUNCATED (a connection is
   *   lost, its number is not), NOTHING, GONE (and nothing is left in the channel) or EXHAUSTED
   */
  receive(): number {
    const words = this.#incomingWords;
    words[CONTROL_LENGTH_WORD] = ONE_DESCRIPTOR;
    words[DESCRIPTOR_WORD] = NO_DESCRIPTOR;
    const posix = loadPosix();
    const { address } = this.#incoming;
    for (;;) {
      const count = posix.recvmsg(this.descriptor.fd, address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (count > 0) return this.#unpack();
      const answer = count === 0 ? GONE : answerTo('recvmsg', RECEIVE, this.descriptor.subject);
      if (answer !== REPEAT) return answer;
    }
  }

  #unpack(): number {
    const words = this.#incomingWords;
    this.#payload = (words[PAYLOAD_WORD] ?? 0) >>> 0;
    const fd = words[DESCRIPTOR_WORD] ?? NO_DESCRIPTOR;
    if (fd !== NO_DESCRIPTOR) return fd;
    return (words[FLAGS_WORD] ?? 0) & MSG_CTRUNC ? TRUNCATED : MESSAGE;
  }
}

/**
 * Makes a channel: two ends, neither of them blocking or inherited unless asked for.
 *
 * @throws PosixError
 */
export function createChannel(subject: string): [Descriptor, Descriptor] {
  return createPair(SOCK_SEQPACKET, subject);
}

/** Makes a connected pair of Unix sockets of any type. */
export function createPair(type: number, subject: string): [Descriptor, Descriptor] {
  const pair = new Int32Array(2);
  const bytes = new Uint8Array(pair.buffer);
  check('socketpair', loadPosix().socketpair(AF_UNIX, type | QUIET_SOCKET, 0, bytes), subject);
  const [near = -1, far = -1] = pair;
  return [new Descriptor(near, subject), new Descriptor(far, `${subject} (far end)`)];
}

function newBlock(): NativeBuffer {
  const block = new NativeBuffer(BLOCK_BYTES);
  const { bytes } = block;
  block.writePointer(16, IOVEC); // msg_iov
  bytes.writeUInt32LE(1, 24); // msg_iovlen
  block.writePointer(32, CONTROL); // msg_control
  bytes.writeUInt32LE(ONE_DESCRIPTOR, 40); // msg_controllen
  block.writePointer(IOVEC, PAYLOAD); // iov_base
  bytes.writeUInt32LE(PAYLOAD_BYTES, IOVEC + 8); // iov_len
  bytes.writeUInt32LE(ONE_DESCRIPTOR, CONTROL); // cmsg_len
  bytes.writeInt32LE(SOL_SOCKET, CONTROL + 8); // cmsg_level
  bytes.writeInt32LE(SCM_RIGHTS, CONTROL + 12); // cmsg_type
  return block;
}
