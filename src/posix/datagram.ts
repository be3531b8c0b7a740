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
 * Sends one message, whole or not at all. Each has a socket of its own: the receiver may have been replaced
 * since the last one.
 *
 * @returns false when the receiver's queue is full: try again later
 * @throws PosixError when there is no such socket, or we may not send to it
 */
export function sendDatagram(address: SocketAddress, message: string): boolean {
  const posix = loadPosix();
  const subject = formatSocketAddress(address);
  const { bytes } = encodeAddress(address);
  const fd = check('socket', posix.socket(AF_UNIX, SOCK_DGRAM | QUIET_SOCKET, 0), subject);
  const socket = new Descriptor(fd, subject);
  try {
    check('connect', posix.connect(fd, bytes, bytes.length), subject);
    const content = Buffer.from(message);
    for (;;) {
      if (posix.send(fd, content, content.length, QUIET_SEND) >= 0) return true;
      if (answerTo('send', DATAGRAM, subject) === NOTHING) return false;
    }
  } finally {
    socket.close();
  }
}
