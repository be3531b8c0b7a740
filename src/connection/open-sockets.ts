// The sockets of a worker that are not closed yet, answered or not.

import type { Socket } from 'node:net';

export class OpenSockets {
  readonly #sockets = new Set<Socket>();
  readonly #busy = new Set<Socket>();

  add(socket: Socket): void {
    this.#sockets.add(socket);
    this.#busy.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#busy.delete(socket);
    });
  }

  /** It is answered, and only waits for the peer to close. */
  released(socket: Socket): void {
    this.#busy.delete(socket);
  }

  /** Whether there is any that is not answered. */
  get isBusy(): boolean {
    return this.#busy.size > 0;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Resolves when those that are open now are closed; the caller bounds the wait. */
  async allClosed(): Promise<void> {
    await Promise.all(
      [...this.#sockets].map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once('close', () => resolve());
          }),
      ),
    );
  }
}
