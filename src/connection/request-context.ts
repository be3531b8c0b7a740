// What a handler is given beside the request: built when it is looked at, not before.

import type { HandlerContext, HandlerLog } from '../gateway/handler.ts';

/** What every request of a worker has in common, and where its log lines go. */
export interface ContextSource {
  readonly workerId: number;
  /** A log whose lines name the request. */
  requestLog(requestId: string): HandlerLog;
}

export class RequestContext implements HandlerContext {
  readonly requestId: string;
  readonly #source: ContextSource;
  #log: HandlerLog | undefined;
  #controller: AbortController | undefined;
  #abortReason: Error | undefined;

  constructor(source: ContextSource, requestId: string) {
    this.#source = source;
    this.requestId = requestId;
  }

  get workerId(): number {
    return this.#source.workerId;
  }

  get log(): HandlerLog {
    this.#log ??= this.#source.requestLog(this.requestId);
    return this.#log;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** The handler has the signal, and it fired: what it does from now on follows from that. */
  get isAbortKnown(): boolean {
    return this.#controller?.signal.aborted === true;
  }

  /** Fires the signal, now or when it is first looked at. The first reason stays. */
  abort(reason: Error): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }
}
