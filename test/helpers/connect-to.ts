// Clients whose handshake can be held back.

import { onTestFinished } from 'vitest';
import { check } from '../../src/posix/answers.ts';
import { closeFd } from '../../src/posix/descriptor.ts';
import { loadPosix } from '../../src/posix/libc.ts';
import type { SocketAddress } from '../../src/posix/socket-address.ts';
import { encodeAddress } from '../../src/posix/socket-address.ts';
import { QUIET_SOCKET, SOCK_STREAM } from '../../src/posix/sockets.ts';

const IPPROTO_TCP = 6;
const TCP_DEFER_ACCEPT = 9;

/** Connects without waiting. @returns the connection, or the error number */
export function connectTo(
  address: SocketAddress,
  { isSlow = false }: { isSlow?: boolean } = {},
): { fd: number; errno: number } {
  const posix = loadPosix();
  const { family, bytes } = encodeAddress(address);
  const fd = check('socket', posix.socket(family, SOCK_STREAM | QUIET_SOCKET, 0), 'a peer');
  onTestFinished(() => closeFd(fd));
  // A client with this option keeps the last step of the handshake back until it sends something.
  const one = new Uint8Array(new Int32Array([1]).buffer);
  if (isSlow) check('setsockopt', posix.setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, one, 4), fd);
  const errno = posix.connect(fd, bytes, bytes.length) === 0 ? 0 : posix.errno();
  return { fd, errno };
}
