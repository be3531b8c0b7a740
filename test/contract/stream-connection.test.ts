import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { OpenConnections } from '../../src/connection/open-connections.ts';
import type { Outcome } from '../../src/connection/outcome.ts';
import { serveConnection } from '../../src/connection/serve-connection.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import type { Serve } from './connection-parts.ts';
import { describeConnection } from './connection-contract.ts';

const silentLog = { debug() {}, info() {}, warn() {}, error() {} };

function overStreams(listenOn: () => { path: string } | { host: string; port: number }): Serve {
  return async (produce, limits = {}) => {
    const outcomes: Outcome[] = [];
    const open = new Set<Socket>();
    let count = 0;
    const options = {
      headerTimeout: 5_000,
      bodyTimeout: 5_000,
      sendTimeout: 5_000,
      maxHeaderSize: 65_536,
      ...limits,
      handler: { produce },
      open: new OpenConnections(),
      nextRequestId: () => String(count++),
      context: { workerId: 0, requestLog: () => silentLog },
      report: (outcome: Outcome) => outcomes.push(outcome),
    };
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      void serveConnection(socket, options);
    });
    const where = listenOn();
    await new Promise<void>((resolve) => {
      server.listen(where, resolve);
    });
    onTestFinished(() => {
      server.close();
      for (const socket of open) socket.destroy();
    });
    const bound = server.address();
    const address =
      typeof bound === 'string' ? { path: bound } : { host: '127.0.0.1', port: bound?.port ?? 0 };
    const stopAll = (status: 500 | 503): Promise<void> =>
      options.open.stopAll({ reason: new Error('the test ends'), status });
    return { address, outcomes, open: () => open.size, stopAll };
  };
}

describeConnection(
  'TCP',
  overStreams(() => ({ host: '127.0.0.1', port: 0 })),
);
describeConnection(
  'a Unix socket',
  overStreams(() => ({ path: path.join(tempDir(), 's') })),
);
