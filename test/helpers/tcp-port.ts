// Ports of 127.0.0.1 for programs that cannot choose one themselves.

import fs from 'node:fs';
import { connect, createServer } from 'node:net';

/** Returns a port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      server.close(() => resolve(port ?? 0));
    });
  });
}

/** Whether somebody listens there. */
export function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (isTaken: boolean): void => {
      socket.destroy();
      resolve(isTaken);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

/** Whether somebody listens on a TCP port of IPv4 in the network namespace of process `pid`. */
export function listensInside(pid: number, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = new RegExp(`^ *\\d+: [0-9A-F]{8}:${hex} 0{8}:0000 0A `, 'm');
  try {
    return listening.test(fs.readFileSync(`/proc/${pid}/net/tcp`, 'utf8'));
  } catch {
    // It has ended.
    return false;
  }
}
