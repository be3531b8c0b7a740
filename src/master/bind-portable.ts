// Binds listening sockets as servers of Node's, for the portable dispatcher.

import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server } from 'node:net';
import type { Binder } from './listeners.ts';

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
  // Node ignores a backlog inside the options of a descriptor; as an argument it holds.
  inherited: async (fd, backlog) => {
    const socket = await listen((server) => server.listen({ fd }, backlog));
    // Of a Unix socket that it has not bound itself, Node knows no address at all.
    const address = socket.server.address();
    return { socket, isTcp: typeof address === 'object' && address !== null };
  },
  close: ({ server, takeConnections }) => {
    takeConnections((socket) => socket.destroy());
    server.close();
  },
};

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
