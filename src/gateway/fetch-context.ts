// The third argument of `fetch`: the context of the request, and work that outlives the answer.

import type { FetchContext, HandlerContext, HandlerLog } from './handler.ts';

const NO_PROPS = Object.freeze({});

export class FetchCall implements FetchContext {
  readonly props: Record<string, unknown> = NO_PROPS;
  readonly #context: HandlerContext;
  #work: Promise<void>[] = [];

  constructor(context: HandlerContext) {
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }

  get log(): HandlerLog {
    return this.#context.log;
  }

  get requestId(): string {
    return this.#context.requestId;
  }

  get workerId(): number {
    return this.#context.workerId;
  }

  /** Whether there is something to wait for. */
  get hasWork(): boolean {
    return this.#work.length > 0;
  }

  waitUntil(promise: PromiseLike<unknown>): void {
    const work = Promise.resolve(promise).then(
      () => {},
      (err: unknown) => this.log.error('a promise that waitUntil() was given is rejected', { err }),
    );
    this.#work.push(work);
  }

  passThroughOnException(): void {}

  /** Resolves when all has settled, what is added meanwhile included. */
  async workDone(): Promise<void> {
    while (this.hasWork) await Promise.all(this.#work.splice(0));
  }
}
