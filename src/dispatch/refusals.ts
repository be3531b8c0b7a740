// The answer of a master that has no worker to give: constant, written without reading the request.

import type { Socket } from 'node:net';
import { drainAndClose } from '../net/drain-and-close.ts';

const BODY = 'The server is too busy to answer now. Try again in a moment.\n';
const ANSWER = Buffer.from(
  'Status: 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 1\r\n' +
    `Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
  'latin1',
);
/** Room for a large upload: Apache sends all of it before it looks at the answer. */
const BOUNDS = { idleMs: 2_000, totalMs: 10_000, bytes: 64 * 1024 * 1024 };
/** Refused connections that may still be open; one more, and the oldest is closed. */
const MOST_OPEN = 256;

/** Refuses connections, and keeps account of those that are not closed yet. */
export class Refusals {
  readonly #open = new Set<Socket>();

  /** Answers 503 with `Retry-After`, then discards what arrives within bounds and closes. */
  refuse(socket: Socket): void {
    this.#makeRoom();
    this.#open.add(socket);
    const stuck = setTimeout(() => socket.destroy(), BOUNDS.totalMs);
    socket.once('close', () => {
      clearTimeout(stuck);
      this.#open.delete(socket);
    });
    socket.once('finish', () => drainAndClose(socket, BOUNDS));
    socket.end(ANSWER);
  }

  #makeRoom(): void {
    if (this.#open.size < MOST_OPEN) return;
    const [oldest] = this.#open;
    oldest?.destroy();
    if (oldest !== undefined) this.#open.delete(oldest);
  }
}
