// Tells the watchdog thread which requests run, beside whoever else observes them.

import type { Outcome } from '../connection/outcome.ts';
import type { ObservedRequest, RequestObserver } from '../connection/request-observer.ts';
import type { RunningTable } from './running-table.ts';

export class RunningRequests implements RequestObserver {
  readonly #table: RunningTable;
  readonly #next: RequestObserver;
  readonly #free: number[];
  readonly #places = new Map<ObservedRequest, number>();

  constructor(table: RunningTable, next: RequestObserver) {
    this.#table = table;
    this.#next = next;
    this.#free = Array.from({ length: table.places }, (_, place) => place);
  }

  begun(request: ObservedRequest): void {
    this.#next.begun(request);
    // Each place has its turn: what is in it stays for a while when its request is over.
    const place = this.#free.shift();
    // More run than are watched.
    if (place === undefined) return;
    this.#places.set(request, place);
    this.#table.begin(place, request);
  }

  headSent(request: ObservedRequest): void {
    this.#next.headSent(request);
  }

  counted(outcome: Outcome): void {
    this.#next.counted(outcome);
  }

  ended(request: ObservedRequest): void {
    this.#next.ended(request);
    const place = this.#places.get(request);
    if (place === undefined) return;
    this.#places.delete(request);
    this.#table.end(place, performance.now());
    this.#free.push(place);
  }
}
