// Where to listen, as people write it: `host:port`, `[v6]:port`, `unix:/path`, `fd:N`,
// `fd:NAME`. Pure.

import { Buffer } from 'node:buffer';
import { isIPv6 } from 'node:net';
import { unexpected } from './expectation.ts';

/** An address to listen on, or to connect to. */
export type ListenAddress =
  /** `host` is a name or an address, an IPv6 one without brackets; port 0 is any free port. */
  | { kind: 'tcp'; host: string; port: number }
  | { kind: 'unix'; path: string }
  /** A listening socket that was inherited, and what the one who passed it calls it. */
  | { kind: 'fd'; fd: number; name?: string }
  /** All inherited sockets of that name. */
  | { kind: 'fd-name'; name: string };

/** `sun_path` holds 108 bytes, the last of which is NUL. What is longer is cut silently by Node 20. */
const MAX_PATH_BYTES = 107;
const MAX_PORT = 65_535;
const FORMS = 'host:port, [v6]:port, unix:/path, fd:N or fd:NAME';

/**
 * Parses an address.
 *
 * @throws ServerError `ERR_SCGI_CONFIG` that says what was expected and what was got
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) return { kind: 'unix', path: parseSocketPath(text.slice(5)) };
  if (text.startsWith('fd:')) return parseInherited(text.slice(3));
  const colon = text.lastIndexOf(':');
  if (colon === -1) throw unexpected(FORMS, text);
  const host = text.slice(0, colon);
  if (host === '') throw unexpected(`${FORMS}, with a host before the port`, text);
  if (host.includes(':') && !host.startsWith('[')) {
    throw unexpected('an IPv6 address in brackets, as in [::1]:4000', text);
  }
  return { kind: 'tcp', host: parseHost(host), port: parsePort(text.slice(colon + 1)) };
}

/** Returns an address as {@link parseListenAddress} reads it. */
export function formatListenAddress(address: ListenAddress): string {
  switch (address.kind) {
    case 'unix':
      return `unix:${address.path.replace(/^\0/, '@')}`;
    case 'fd':
      return `fd:${address.fd}`;
    case 'fd-name':
      return `fd:${address.name}`;
    case 'tcp':
      return formatHostPort(address);
  }
}

/** Returns `host:port`, an IPv6 address in brackets. */
export function formatHostPort({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Parses a port: 0, any free one, to 65535.
 *
 * @throws ServerError `ERR_SCGI_CONFIG`
 */
export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > MAX_PORT) {
    throw unexpected(`a port from 0 to ${MAX_PORT}`, text);
  }
  return Number(text);
}

/**
 * Parses a host name or address; brackets around an IPv6 address are taken off.
 *
 * @throws ServerError `ERR_SCGI_CONFIG`
 */
export function parseHost(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  const isName = bare === text && /^[a-z0-9._-]+$/i.test(text);
  if (!isName && !isIPv6(bare)) throw unexpected('a host name or an IP address', text);
  return bare;
}

/**
 * Checks the path of a Unix socket.
 *
 * @throws ServerError `ERR_SCGI_CONFIG`
 */
export function parseSocketPath(text: string): string {
  const length = Buffer.byteLength(text);
  if (text === '' || text.includes('\0')) throw unexpected('the path of a socket', text);
  if (length > MAX_PATH_BYTES) {
    throw unexpected(`a socket path of at most ${MAX_PATH_BYTES} bytes, not ${length}`, text);
  }
  return text;
}

/** A name is whatever systemd takes for one: sd_listen_fds_with_names(3). */
function parseInherited(text: string): ListenAddress {
  if (/^\d{1,7}$/.test(text)) return { kind: 'fd', fd: Number(text) };
  if (/^[!-9;-~]{1,255}$/.test(text) && !/^-?\d+$/.test(text))
    return { kind: 'fd-name', name: text };
  throw unexpected('the number or name of an inherited socket, as in fd:3 or fd:app', `fd:${text}`);
}
