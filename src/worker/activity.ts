// What a worker tells of itself: the oldest request that runs, and totals of all that have.

import type { Outcome } from '../connection/outcome.ts';
import type { ObservedRequest, RequestObserver } from '../connection/request-observer.ts';
import { connectionKind, requestKind } from '../counts/request-counts.ts';
import type { ActivityLine } from '../dispatch/activity.ts';

/** With one request at a time, this costs two comparisons. */
export class Activity implements RequestObserver {
  readonly #line: ActivityLine;
  #oldest: ObservedRequest | undefined;
  /** Those begun after it, in their order. */
  readonly #younger = new Set<ObservedRequest>();

  constructor(line: ActivityLine) {
    this.#line = line;
  }

  begun(request: ObservedRequest): void {
    if (this.#oldest !== undefined) {
      this.#younger.add(request);
      return;
    }
    this.#oldest = request;
    this.#line.show(request);
  }

  headSent(request: ObservedRequest): void {
    if (request === this.#oldest) this.#line.headSent();
  }

  counted(outcome: Outcome): void {
    const kindOf = outcome.request === undefined ? connectionKind : requestKind;
    this.#line.count(kindOf(outcome.kind, outcome.status), outcome);
  }

  ended(request: ObservedRequest): void {
    if (request === this.#oldest) this.#showNext();
    else this.#younger.delete(request);
  }

  #showNext(): void {
    this.#line.clear();
    this.#oldest = undefined;
    if (this.#younger.size === 0) return;
    const [next] = this.#younger;
    if (next === undefined) return;
    this.#younger.delete(next);
    this.begun(next);
  }
}
