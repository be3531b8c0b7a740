// Passes on what comes from a connection in the asynchronous context of its request. The connection may
// have come while another request ended, and would bring the context of that one along.

import type { AsyncResource } from 'node:async_hooks';
import type { TransportListener } from './transport.ts';

export class ScopedListener implements TransportListener {
  readonly #listener: TransportListener;
  readonly #scope: AsyncResource;

  constructor(listener: TransportListener, scope: AsyncResource) {
    this.#listener = listener;
    this.#scope = scope;
  }

  received(chunk: Buffer): void {
    this.#scope.runInAsyncScope(() => this.#listener.received(chunk));
  }

  ended(): void {
    this.#scope.runInAsyncScope(() => this.#listener.ended());
  }

  closed(): void {
    this.#scope.runInAsyncScope(() => this.#listener.closed());
  }

  drained(): void {
    this.#scope.runInAsyncScope(() => this.#listener.drained());
  }

  stalled(): void {
    this.#scope.runInAsyncScope(() => this.#listener.stalled());
  }
}
