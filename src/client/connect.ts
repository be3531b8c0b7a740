// Opens a connection to an SCGI server, within a bounded time, and says in words what went wrong.

import { once } from 'node:events';
import { connect as connectSocket, type NetConnectOpts, type Socket } from 'node:net';
import { formatListenAddress, type ListenAddress } from '../config/listen-address.ts';
import { ServerError } from '../errors.ts';
import { abortError, errnoCode } from './exchange-error.ts';

/** Limits of one attempt to connect. */
export interface ConnectOptions {
  readonly timeoutMs: number;
  /** Gives the attempt up. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to a server.
 *
 * @returns the connected socket; it stays writable when the server half-closes. Ownership: the caller
 * destroys it
 * @throws ServerError `ERR_SCGI_CONNECT`, which names the address and what to check
 */
export async function connect(address: ListenAddress, options: ConnectOptions): Promise<Socket> {
  const { timeoutMs, signal } = options;
  const isGivenUp = () => signal?.aborted === true;
  if (isGivenUp()) throw abortError(signal?.reason);
  const socket = connectSocket(socketOptions(address));
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('connect timeout'), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  try {
    await once(socket, 'connect', signal === undefined ? {} : { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw isGivenUp() ? abortError(signal?.reason) : connectError(address, error);
  } finally {
    clearTimeout(timer);
  }
}

function socketOptions(address: ListenAddress): NetConnectOpts {
  // The server half-closes as soon as its answer is written; our side must not follow on its own.
  if (address.kind === 'unix') return { path: address.path, allowHalfOpen: true };
  if (address.kind === 'tcp') {
    const host = reachableHost(address.host);
    return { host, port: address.port, allowHalfOpen: true, noDelay: true };
  }
  const where = formatListenAddress(address);
  const message = `cannot connect to ${where}: an inherited descriptor has no address; name the server's host and port, or its socket`;
  throw new ServerError('ERR_SCGI_CONNECT', message);
}

/** A server that listens on every interface is reached through the loopback one. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function connectError(address: ListenAddress, cause: unknown): ServerError {
  const code = errnoCode(cause);
  const message = `cannot connect to ${formatListenAddress(address)}: ${explain(code, address)}`;
  return new ServerError('ERR_SCGI_CONNECT', message, { cause });
}

function explain(code: string, address: ListenAddress): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused); is the server running, and at this address?';
    case 'ENOENT':
      return 'there is no such socket; is the server running, and with this path?';
    case 'EACCES':
      return 'permission denied; run this as a user or group that may write to the socket (see --socket-mode)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known';
    case 'EAGAIN':
      return "the server's backlog is full; all its workers are busy";
    case 'ETIMEDOUT':
      return 'no connection in time; is there a firewall, or is the server overloaded?';
    default:
      return `${code}${address.kind === 'unix' ? '; is this the path of a socket?' : ''}`;
  }
}
