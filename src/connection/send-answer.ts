// An answer of the server's own, without a handler behind it.

import type { Transport, TransportListener } from './transport.ts';

/**
 * Sends a whole answer and ends our side. `done` is called once: when the answer is handed to the
 * kernel, when the peer is gone, or when it has taken nothing for `sendTimeout` milliseconds.
 */
export function sendAnswer(
  transport: Transport,
  { document, sendTimeout }: { document: Buffer; sendTimeout: number },
  done: () => void,
): void {
  const sending = new Sending(transport, done);
  transport.attach(sending, sendTimeout);
  transport.end([document], () => sending.closed());
}

class Sending implements TransportListener {
  readonly #transport: Transport;
  #done: (() => void) | undefined;

  constructor(transport: Transport, done: () => void) {
    this.#transport = transport;
    this.#done = done;
  }

  closed(): void {
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }

  stalled(): void {
    this.#transport.destroy();
  }

  received(): void {}

  ended(): void {}

  drained(): void {}
}
