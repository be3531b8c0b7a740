// Serves connections in this process for the connection contract: on the stream path alone, and on the
// direct path, which takes connections from a listener of posix/ as a worker does.

import { createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { directConnections } from '../../src/connection/direct-transport.ts';
import { OpenConnections } from '../../src/connection/open-connections.ts';
import { OpenSockets } from '../../src/connection/open-sockets.ts';
import type { Outcome } from '../../src/connection/outcome.ts';
import type { Arrived, ConnectionOptions } from '../../src/connection/connection-options.ts';
import { serveConnection } from '../../src/connection/serve-connection.ts';
import { StreamTransport } from '../../src/connection/stream-transport.ts';
import { Places, TakenPlace } from '../../src/dispatch/places.ts';
import type { Produce } from '../../src/gateway/handler.ts';
import { createListener } from '../../src/posix/listeners.ts';
import { NativeBuffer } from '../../src/posix/native-buffer.ts';
import type { SocketAddress } from '../../src/posix/socket-address.ts';
import { accept, receive } from '../../src/posix/sockets.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import type { Serve, ServedBy, ServeOptions } from './connection-parts.ts';

/** An address to listen on; a TCP port of 0 is any free one. */
export type ListenOn = () => SocketAddress;

/** What every connection of a test is served with, and what came of them. */
class Server {
  readonly open = new OpenSockets();
  readonly #outcomes: Outcome[] = [];
  readonly #over: string[] = [];
  readonly #options: ConnectionOptions;
  readonly #places = new Places(Number.POSITIVE_INFINITY);
  #running = 0;

  constructor(produce: Produce, limits: ServeOptions) {
    const silentLog = { debug() {}, info() {}, warn() {}, error() {} };
    let count = 0;
    this.#options = {
      headerTimeout: 5_000,
      bodyTimeout: 5_000,
      sendTimeout: 5_000,
      maxHeaderSize: 65_536,
      absoluteRedirects: 'auto',
      sendfile: 'off',
      ...limits,
      handler: { produce },
      open: new OpenConnections(limits.requestTimeout),
      stuck: () => {},
      nextRequestId: () => String(count++),
      context: { workerId: 0, requestLog: () => silentLog },
      report: (outcome) => this.#outcomes.push(outcome),
      over: (request) => this.#over.push(request),
    };
  }

  serve(arrived: Arrived): void {
    this.#running++;
    this.#places.take();
    const unheard = { left: () => {}, resumed: () => {}, answering: () => {}, answered: () => {} };
    const owner = { ...unheard, done: () => this.#running-- };
    serveConnection(arrived, this.#options, new TakenPlace(this.#places, owner));
  }

  at(address: PeerAddress): ServedBy {
    return {
      address,
      outcomes: this.#outcomes,
      over: this.#over,
      // A connection that is served may be a socket or not, one that only closes always is.
      open: () => Math.max(this.#running, this.open.size),
      stopAll: (status) =>
        this.#options.open.stopAll({ reason: new Error('the test ends'), status }),
    };
  }
}

export function overStreams(listenOn: ListenOn): Serve {
  return async (produce, limits = {}) => {
    const served = new Server(produce, limits);
    const sockets = new Set<Socket>();
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      served.serve({ transport: new StreamTransport(socket, served.open) });
    });
    await new Promise<void>((resolve) => {
      server.listen(listenOn(), resolve);
    });
    onTestFinished(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    const bound = server.address();
    if (typeof bound === 'string') return served.at({ path: bound });
    return served.at({ host: '127.0.0.1', port: bound?.port ?? 0 });
  };
}

export function overDescriptors(listenOn: ListenOn): Serve {
  return (produce, limits = {}) => {
    const served = new Server(produce, limits);
    const { descriptor, address } = createListener(listenOn(), { backlog: 100 });
    const toTransport = directConnections(served.open, address.kind === 'unix');
    const received = new NativeBuffer(128 * 1024);
    const acceptAll = async (): Promise<void> => {
      while (descriptor.isOpen) {
        const fd = accept(descriptor);
        if (fd >= 0) {
          // A worker waits for a moment too, before it takes a peer for a silent one.
          await nextTurn();
          const count = Math.max(0, receive(fd, received, 0));
          const arrived = received.bytes.subarray(0, count);
          served.serve({ transport: toTransport(fd), arrived });
        }
        await nextTurn();
      }
    };
    void acceptAll();
    onTestFinished(() => descriptor.close());
    return Promise.resolve(
      served.at(
        address.kind === 'unix'
          ? { path: address.path }
          : { host: address.host, port: address.port },
      ),
    );
  };
}
