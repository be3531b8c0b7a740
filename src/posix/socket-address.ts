// Socket addresses in C's form and in ours: sockaddr_in, sockaddr_in6 and sockaddr_un (ip(7), ipv6(7), unix(7)).

import { Buffer } from 'node:buffer';
import { isIPv4, isIPv6 } from 'node:net';
import { InternalError } from '../errors.ts';
import { ERRNO, PosixError } from './errno.ts';
import { loadPosix } from './libc.ts';

/** Where a socket is bound or connected; `host` is numeric, an IPv6 address without brackets. */
export type SocketAddress =
  | { kind: 'tcp'; host: string; port: number }
  /** An empty path: the socket has no name. One that begins with NUL: a name that is no file (unix(7)). */
  | { kind: 'unix'; path: string };

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Room for any address (sockaddr_storage). */
export const ADDRESS_BYTES = 128;

/** `sun_path` has 108 bytes; the last one has to be NUL, or the kernel's idea of the name differs from ours. */
const MAX_PATH_BYTES = 107;

/** Returns the address as messages show it. */
export function formatSocketAddress(address: SocketAddress): string {
  if (address.kind === 'unix') return `unix:${address.path.replace(/^\0/, '@')}`;
  const { host, port } = address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Returns the family and C's form of an address.
 *
 * @throws PosixError ENAMETOOLONG for a path that does not fit: the kernel would cut it silently
 */
export function encodeAddress(address: SocketAddress): { family: number; bytes: Buffer } {
  if (address.kind === 'unix') return { family: AF_UNIX, bytes: encodePath(address.path) };
  const { host, port } = address;
  if (isIPv4(host)) return { family: AF_INET, bytes: encodeIPv4(host, port) };
  if (isIPv6(host)) return { family: AF_INET6, bytes: encodeIPv6(host, port) };
  throw new InternalError(`expected an IP address to bind, got ${JSON.stringify(host)}`);
}

/** Reads C's form; undefined for a family that is neither IP nor Unix. */
export function decodeAddress(bytes: Buffer, length: number): SocketAddress | undefined {
  switch (bytes.readUInt16LE(0)) {
    case AF_UNIX:
      return { kind: 'unix', path: bytes.toString('utf8', 2, length).replace(/\0$/, '') };
    case AF_INET:
      return { kind: 'tcp', host: bytes.subarray(4, 8).join('.'), port: bytes.readUInt16BE(2) };
    case AF_INET6:
      return { kind: 'tcp', host: decodeIPv6(bytes), port: bytes.readUInt16BE(2) };
    default:
      return undefined;
  }
}

function encodePath(path: string): Buffer {
  const size = Buffer.byteLength(path);
  if (size === 0 || size > MAX_PATH_BYTES) {
    throw new PosixError('bind', ERRNO.ENAMETOOLONG, `unix:${path}`);
  }
  // A name that is no file has no end but its length.
  const bytes = Buffer.alloc(2 + size + (path.startsWith('\0') ? 0 : 1));
  bytes.writeUInt16LE(AF_UNIX, 0);
  bytes.write(path, 2);
  return bytes;
}

function encodeIPv4(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(host.split('.').map(Number), 4);
  return bytes;
}

/** sockaddr_in6: family, port, flow (4), address (16) at 8, scope (4) at 24. */
function encodeIPv6(host: string, port: number): Buffer {
  const posix = loadPosix();
  const [address = '', scope] = host.split('%');
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  posix.inet_pton(AF_INET6, Buffer.from(`${address}\0`), bytes.subarray(8, 24));
  if (scope !== undefined) {
    const index = /^\d+$/.test(scope)
      ? Number(scope)
      : posix.if_nametoindex(Buffer.from(`${scope}\0`));
    bytes.writeUInt32LE(index, 24);
  }
  return bytes;
}

function decodeIPv6(bytes: Buffer): string {
  const text = Buffer.alloc(46); // INET6_ADDRSTRLEN
  loadPosix().inet_ntop(AF_INET6, bytes.subarray(8, 24), text, text.length);
  const scope = bytes.readUInt32LE(24);
  const address = text.toString('latin1', 0, text.indexOf(0));
  return scope === 0 ? address : `${address}%${scope}`;
}
