// Single messages to a Unix socket that takes datagrams, such as that of a service manager.

import { Buffer } from 'node:buffer';
import type { Answers } from './answers.ts';
import { answers, answerTo, check, NOTHING } from './answers.ts';
import { Descriptor } from './descriptor.ts';
import { ERRNO } from './errno.ts';
import { loadPosix } from './libc.ts';
import type { SocketAddress } from './socket-address.ts';
import { AF_UNIX, encodeAddress, formatSocketAddress } from './socket-address.ts';
import { QUIET_SEND, QUIET_SOCKET } from './sockets.ts';

const SOCK_DGRAM = 2;

const DATAGRAM: Answers = answers([NOTHING, ERRNO.EAGAIN, ERRNO.ENOBUFS, ERRNO.ENOMEM]);

/**
 * A socket for messages to one address. It stays open: the message that keeps a service manager from ending us
 * is also due when no descriptor is left.
 */
export class DatagramSocket {
  readonly #socket: Descriptor;
  readonly #address: Buffer;

  /** @throws PosixError */
  constructor(address: SocketAddress) {
    const subject = formatSocketAddress(address);
    this.#address = encodeAddress(address).bytes;
    const fd = loadPosix().socket(AF_UNIX, SOCK_DGRAM | QUIET_SOCKET, 0);
    this.#socket = new Descriptor(check('socket', fd, subject), subject);
  }

  /**
   * Sends one message, whole or not at all.
   *
   * @returns false when the receiver's queue is full: try again later
   * @throws PosixError when there is no such socket, or we may not send to it
   */
  send(message: string): boolean {
    const posix = loadPosix();
    const { fd, subject } = this.#socket;
    // Each time: the receiver may have been replaced since.
    check('connect', posix.connect(fd, this.#address, this.#address.length), subject);
    const content = Buffer.from(message);
    for (;;) {
      if (posix.send(fd, content, content.length, QUIET_SEND) >= 0) return true;
      if (answerTo('send', DATAGRAM, subject) === NOTHING) return false;
    }
  }

  close(): void {
    this.#socket.close();
  }
}
