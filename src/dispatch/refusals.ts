// Connections that the master answers itself, without reading the request.

import type { Socket } from 'node:net';
import { drainAndClose } from '../net/drain-and-close.ts';
import { ANSWER_503 } from './constant-answers.ts';

/** Room for a large upload: Apache sends all of it before it looks at the answer. */
const BOUNDS = { idleMs: 2_000, totalMs: 10_000, bytes: 64 * 1024 * 1024 };
/** Answered connections that may still be open; one more, and the oldest is closed. */
const MOST_OPEN = 256;

/** Answers connections, and keeps account of those that are not closed yet. */
export class Refusals {
  readonly #open = new Set<Socket>();

  /** Answers 503 with `Retry-After`. */
  refuse(socket: Socket): void {
    this.answer(socket, ANSWER_503.whole);
  }

  /** Sends a whole answer, then discards what arrives within bounds and closes. */
  answer(socket: Socket, document: Buffer): void {
    this.#keep(socket);
    socket.once('finish', () => drainAndClose(socket, BOUNDS));
    socket.end(document);
  }

  /** The answer is sent and our side ended: discards what arrives within bounds and closes. */
  drain(socket: Socket): void {
    this.#keep(socket);
    drainAndClose(socket, BOUNDS);
  }

  #keep(socket: Socket): void {
    this.#makeRoom();
    this.#open.add(socket);
    const stuck = setTimeout(() => socket.destroy(), BOUNDS.totalMs);
    socket.once('close', () => {
      clearTimeout(stuck);
      this.#open.delete(socket);
    });
  }

  #makeRoom(): void {
    if (this.#open.size < MOST_OPEN) return;
    const [oldest] = this.#open;
    oldest?.destroy();
    if (oldest !== undefined) this.#open.delete(oldest);
  }
}
