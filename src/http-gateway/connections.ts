// The gateway's open HTTP connections and how many requests each one is serving.

import type { Socket } from 'node:net';

/** Ledger of connections; while ending, a connection is closed as soon as it serves nothing. */
export class Connections {
  readonly #running = new Map<Socket, number>();
  #isEnding = false;

  /** Takes a new connection into the ledger until it closes. */
  add(socket: Socket): void {
    this.#running.set(socket, 0);
    socket.once('close', () => this.#running.delete(socket));
  }

  /** A request began; a pipelining client has several at once. */
  begin(socket: Socket): void {
    this.#running.set(socket, (this.#running.get(socket) ?? 0) + 1);
  }

  /** A request ended: its answer is in the system's hands, or its connection is gone. */
  finish(socket: Socket): void {
    const running = this.#running.get(socket);
    if (running === undefined) return;
    this.#running.set(socket, running - 1);
    if (this.#isEnding && running === 1) socket.end();
  }

  /** Ends idle connections now and each of the others after its last request. */
  endIdle(): void {
    this.#isEnding = true;
    for (const [socket, running] of this.#running) if (running === 0) socket.end();
  }

  /** Cuts every connection. */
  destroyAll(): void {
    for (const socket of this.#running.keys()) socket.destroy();
  }
}
