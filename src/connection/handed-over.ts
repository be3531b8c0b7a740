// A request that somebody answers on the connection itself. All that is left to do here is to see when
// it is over, and to tell when nobody waits any more.

import type { ExchangeOwner } from './exchange-owner.ts';
import type { Abort, Failure } from './failure.ts';
import { handlerFailure, hangUp } from './failure.ts';
import { newOutcome, type Outcome } from './outcome.ts';
import type { RequestContext } from './request-context.ts';
import type { LentConnection, Transport } from './transport.ts';

/** What was handed over, and to whom. */
interface HandedOverOptions {
  lent: LentConnection;
  /** Settles when it is needed no more. */
  done: Promise<void>;
  context: RequestContext;
  bodySize: number;
}

/** How often the connection is looked at, milliseconds. */
const LOOK_MS = 250;

export class HandedOver {
  /** Whoever has the connection reads the body, or will not. */
  readonly isReading = true;
  /** Body bytes that may be left: nobody knows how many have been read. */
  readonly unread: number | undefined;
  readonly #transport: Transport;
  readonly #owner: ExchangeOwner;
  readonly #options: HandedOverOptions;
  #clock: NodeJS.Timeout | undefined;
  /** Why it was aborted. */
  #failure: Abort | undefined;

  constructor(
    { transport, owner }: { transport: Transport; owner: ExchangeOwner },
    options: HandedOverOptions,
  ) {
    this.#transport = transport;
    this.#owner = owner;
    this.#options = options;
    this.unread = options.bodySize > 0 ? options.bodySize : undefined;
  }

  /** Whoever has the connection is not done, so that nothing is final. */
  readonly hasFailed = false;

  get outcome(): Outcome {
    return newOutcome(this.#failure?.kind ?? 'answered');
  }

  /** Waits for the end; the owner is told. */
  start(): void {
    const { lent, done } = this.#options;
    // No answer of ours is possible any more.
    this.#owner.answering();
    this.#clock = setInterval(() => {
      if (lent.hasHungUp()) this.abort(hangUp());
    }, LOOK_MS);
    done.then(
      () => this.#finish(newOutcome('answered')),
      (error: unknown) => this.#failed(error),
    );
  }

  abort(failure: Abort): void {
    this.#failure ??= failure;
    this.#options.context.abort(failure.error);
  }

  /** Nothing to do: it is not ours to give. */
  endInput(): void {}

  /** The connection is cut, so that the web server sees a broken end. */
  #failed(error: unknown): void {
    const failure = this.#failure ?? this.#judge(error);
    const outcome = newOutcome(failure.kind);
    outcome.phase = failure.phase;
    outcome.error = failure.error;
    outcome.cut = true;
    this.#transport.cut();
    this.#finish(outcome);
  }

  #judge(error: unknown): Failure {
    if (this.#options.lent.hasHungUp()) return hangUp();
    return handlerFailure(error, { input: undefined, output: null });
  }

  #finish(outcome: Outcome): void {
    clearInterval(this.#clock);
    this.#owner.finished(outcome);
  }
}
