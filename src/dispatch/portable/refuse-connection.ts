// The answer of a master that has no worker to give: constant, written without reading the request.

import type { Socket } from 'node:net';
import { drainAndClose } from '../../net/drain-and-close.ts';

const BODY = 'The server is too busy to answer now. Try again in a moment.\n';
const ANSWER = Buffer.from(
  'Status: 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 1\r\n' +
    `Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
  'latin1',
);
/** Room for a large upload: Apache sends all of it before it looks at the answer. */
const BOUNDS = { idleMs: 2_000, totalMs: 10_000, bytes: 64 * 1024 * 1024 };

/** Answers 503 with `Retry-After`, then discards what arrives within bounds and closes. */
export function refuseConnection(socket: Socket): void {
  socket.once('finish', () => drainAndClose(socket, BOUNDS));
  const stuck = setTimeout(() => socket.destroy(), BOUNDS.totalMs);
  socket.once('close', () => clearTimeout(stuck));
  socket.end(ANSWER);
}
