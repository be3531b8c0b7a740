// Binds the listening sockets, each before any worker is spawned, so that a bad address is told first.

import fs from 'node:fs';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import { createServer, type Server } from 'node:net';
import type { ListenAddress } from '../config/listen-address.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { ServerError } from '../errors.ts';
import type { SocketPath, SocketPathOptions } from './socket-path.ts';
import { prepareSocketPath } from './socket-path.ts';

export interface ListenerOptions {
  /** Length of the listen(2) queue. */
  backlog: number;
  /** Mode and owner of Unix sockets. */
  socket: SocketPathOptions;
}

/** A bound listening socket. */
export interface Listener {
  /** What it is bound to: the real port where any was asked for. */
  readonly address: ListenAddress;
  readonly server: Server;
  /** It was opened by somebody else, who may go on using it. */
  readonly inherited: boolean;
  /** Gives `accept` every connection from now on, and those that came while others were bound. */
  takeConnections(accept: (socket: Socket) => void): void;
  /** Removes what newcomers find us by; connections that wait are not touched. */
  unpublish(): void;
}

/**
 * Binds all addresses, or none.
 *
 * @throws ServerError `ERR_SCGI_LISTEN`: one line that names the address, the cause and the way out
 */
export async function bindListeners(
  addresses: readonly ListenAddress[],
  options: ListenerOptions,
): Promise<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const address of addresses) listeners.push(await bind(address, options));
  } catch (error) {
    for (const listener of listeners) {
      listener.unpublish();
      listener.takeConnections((socket) => socket.destroy());
      listener.server.close();
    }
    throw error;
  }
  return listeners;
}

/** The length of the listen queue that the kernel grants, where it tells (Linux). */
export function kernelBacklogLimit(): number | undefined {
  try {
    return Number(fs.readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    // No /proc: the kernel does not say.
    return undefined;
  }
}

async function bind(address: ListenAddress, options: ListenerOptions): Promise<Listener> {
  if (address.kind === 'unix') return bindUnix(address, options);
  const { backlog } = options;
  // Connections are passed on unread, so the server must not start to read them.
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  const takeConnections = collectConnections(server);
  if (address.kind === 'fd') {
    // Node ignores a backlog inside the options of a descriptor; as an argument it holds.
    await listen(server, address, () => server.listen({ fd: address.fd }, backlog));
    return { address, server, inherited: true, takeConnections, unpublish: () => {} };
  }
  const { host, port } = address;
  const where: ListenOptions = { host, port, backlog, ipv6Only: host.includes(':') };
  await listen(server, address, () => server.listen(where));
  const bound = server.address() as AddressInfo;
  return {
    address: { ...address, port: bound.port },
    server,
    inherited: false,
    takeConnections,
    unpublish: () => {},
  };
}

async function bindUnix(
  address: ListenAddress & { kind: 'unix' },
  { backlog, socket }: ListenerOptions,
): Promise<Listener> {
  const path: SocketPath = await prepareSocketPath(address.path, socket);
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  const takeConnections = collectConnections(server);
  await listen(server, address, () => server.listen({ path: path.temporaryPath, backlog }));
  try {
    path.publish();
  } catch (error) {
    server.close();
    throw error;
  }
  return { address, server, inherited: false, takeConnections, unpublish: () => path.unpublish() };
}

/** Keeps connections that come before anybody is there for them: a server without a listener loses them. */
function collectConnections(server: Server): Listener['takeConnections'] {
  const early: Socket[] = [];
  const collect = (socket: Socket): void => void early.push(socket);
  server.on('connection', collect);
  return (accept) => {
    server.off('connection', collect).on('connection', accept);
    for (const socket of early.splice(0)) accept(socket);
  };
}

function listen(server: Server, address: ListenAddress, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(explain(address, error));
    server.once('error', fail);
    server.once('listening', () => {
      server.off('error', fail);
      resolve();
    });
    start();
  });
}

const CAUSES: Record<string, string> = {
  EADDRINUSE: 'the address is in use; stop what uses it or choose another port',
  EACCES: 'permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
  EBADF: 'the descriptor is not open; whoever starts the server has to pass a listening socket',
  EINVAL: 'the descriptor is no listening socket',
  ENOTSOCK: 'the descriptor is no socket',
  EOPNOTSUPP: 'the descriptor is no stream socket',
};

function explain(address: ListenAddress, error: NodeJS.ErrnoException): ServerError {
  const cause = CAUSES[error.code ?? ''] ?? error.message;
  const message = `cannot listen on ${formatListenAddress(address)}: ${cause}`;
  return new ServerError('ERR_SCGI_LISTEN', message, { cause: error });
}
