// Binds listening sockets as servers of Node's, for the portable dispatcher.

import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server } from 'node:net';
import { posixUnavailable } from '../posix/libc.ts';
import type { BoundListener } from '../posix/listeners.ts';
import type { Binder, InheritedSocket } from './listeners.ts';

/** A server whose connections are kept until somebody takes them: without a listener they are lost. */
export interface CollectingServer {
  readonly server: Server;
  /** Gives `accept` every connection from now on, and those that came while others were bound. */
  readonly takeConnections: (accept: (socket: Socket) => void) => void;
}

export const bindPortable: Binder<CollectingServer> = {
  tcp: async ({ host, port }, backlog) => {
    const ipv6Only = host.includes(':');
    const socket = await listen((server) => server.listen({ host, port, backlog, ipv6Only }));
    return { socket, port: (socket.server.address() as AddressInfo).port };
  },
  unix: (path, backlog) => listen((server) => server.listen({ path, backlog })),
  inherited,
  close: ({ server, takeConnections }) => {
    takeConnections((socket) => socket.destroy());
    server.close();
  },
};

/** Also here what only C functions can do is done where they can be called: the rest is Node's. */
async function inherited(fd: number, backlog: number): Promise<InheritedSocket<CollectingServer>> {
  const adopted = posixUnavailable() === undefined ? await adopt(fd, backlog) : undefined;
  const socket = await listen((server) => {
    // Node ignores a backlog inside the options of a descriptor; as an argument it holds.
    server.listen({ fd: adopted?.descriptor.release() ?? fd }, backlog);
  });
  const own = socket.server.address();
  const isTcp = adopted === undefined ? isTcpAddress(own) : adopted.address.kind === 'tcp';
  return { socket, isTcp, address: adopted?.address };
}

/** Loaded as needed: there is nothing to call where the FFI library is missing. */
async function adopt(fd: number, backlog: number): Promise<BoundListener> {
  const { adoptInherited } = await import('./adopt-inherited.ts');
  return adoptInherited(fd, backlog);
}

/** A Unix socket that was inherited has none that Node knows of. */
function isTcpAddress(address: AddressInfo | string | null): boolean {
  return typeof address === 'object' && address !== null;
}

function listen(start: (server: Server) => void): Promise<CollectingServer> {
  // Connections are passed on unread, so the server must not start to read them.
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  const takeConnections = collectConnections(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve({ server, takeConnections });
    });
    start(server);
  });
}

function collectConnections(server: Server): CollectingServer['takeConnections'] {
  const early: Socket[] = [];
  const collect = (socket: Socket): void => void early.push(socket);
  server.on('connection', collect);
  return (accept) => {
    server.off('connection', collect).on('connection', accept);
    for (const socket of early.splice(0)) accept(socket);
  };
}
