// One SCGI connection from its first byte to its close, whatever it travels on.

import type { Place } from '../dispatch/intake.ts';
import type { ErrorStatus } from '../protocol/error-response.ts';
import { errorResponse } from '../protocol/error-response.ts';
import type { ParsedRequest } from '../protocol/request-parser.ts';
import { admit } from './admission.ts';
import type { Arrived, ConnectionOptions } from './connection-options.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeOwner } from './exchange-owner.ts';
import type { HandedOver } from './handed-over.ts';
import { newExchange } from './new-exchange.ts';
import type { OpenConnection, StopOrder } from './open-connections.ts';
import { refusedOutcome, stoppedOutcome, withoutRequest } from './own-outcomes.ts';
import type { Outcome } from './outcome.ts';
import { newOutcome } from './outcome.ts';
import { identify, type RequestIdentity } from './request-identity.ts';
import type { ObservedRequest } from './request-observer.ts';
import { sendAnswer } from './send-answer.ts';
import type { Transport } from './transport.ts';
import { requestTimeout, stopped } from './failure.ts';
import type { HeadOwner, HeadResult } from './head-reader.ts';
import { HeadReader } from './head-reader.ts';

/** Time for a handler to give up a request whose time is over, milliseconds. */
const STUCK_AFTER_MS = 5_000;

/**
 * Serves the connection, which leaves its place while its header block does not come. It is done with,
 * maybe before this returns, when the answer is handed to the kernel, our side is ended and the handler
 * is done; the connection itself may stay open a little longer, until the peer has closed too.
 */
export function serveConnection(
  { transport, arrived }: Arrived,
  options: ConnectionOptions,
  place: Place,
): void {
  const connection = new Connection(transport, options, place);
  try {
    connection.start(arrived);
  } catch (error) {
    // Only a bug of ours gets here: it is over all the same.
    connection.failed();
    throw error;
  }
}

class Connection implements OpenConnection, ExchangeOwner, HeadOwner, ObservedRequest {
  readonly startedAt: number = performance.now();
  headSent = false;
  isOver = false;
  isStuck = false;
  readonly #transport: Transport;
  readonly #options: ConnectionOptions;
  readonly #place: Place;
  #reader: HeadReader | undefined;
  /** Waits for a place. */
  #request: ParsedRequest | undefined;
  #exchange: Exchange | HandedOver | undefined;
  /** Of the first bytes, how many there were. */
  #arrived = 0;
  #identity: RequestIdentity | undefined;
  #peer: string | undefined;
  #order: StopOrder | undefined;
  /** Bytes that the peer has announced and that nobody will read. */
  #unread = 0;
  #queuedMs: number | undefined;
  #isObserved = false;
  #isCounted = false;
  #isReleased = false;
  #isAnswered = false;
  #isExpired = false;
  #settle: () => void = () => {};

  constructor(transport: Transport, options: ConnectionOptions, place: Place) {
    this.#transport = transport;
    this.#options = options;
    this.#place = place;
  }

  get method(): string {
    return this.#identity?.method ?? '';
  }

  get uri(): string {
    return this.#identity?.uri ?? '';
  }

  get id(): string {
    return this.#identity?.id ?? '';
  }

  get fd(): number {
    return this.#transport.fd;
  }

  get identity(): RequestIdentity | undefined {
    return this.#identity;
  }

  whenAnswered(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isAnswered) resolve();
      else this.#settle = resolve;
    });
  }

  stop(order: StopOrder): void {
    this.#order = order;
    this.#exchange?.abort(stopped(order));
    // Its handler is not waited for.
    if (this.#isAnswered) this.#tell(this.#exchange?.outcome);
    this.#reader?.interrupt();
    this.#serveNow();
  }

  discardNow(until: number): void {
    if (!this.isOver) this.#transport.discardNow(until);
  }

  giveUp(): void {
    const isWaitedFor = !this.#options.open.isLeaving || !this.isStuck || !this.#isAnswered;
    if (isWaitedFor || this.isOver) return;
    this.#tell(this.#exchange?.outcome);
    this.#close();
  }

  expire(elapsedMs: number): void {
    if (this.#exchange === undefined || this.#isExpired) return;
    this.#isExpired = true;
    this.#exchange.abort(requestTimeout(elapsedMs));
    setTimeout(() => this.#tellStuck(), STUCK_AFTER_MS);
  }

  start(arrived: Buffer | undefined): void {
    const { open } = this.#options;
    open.latest = this;
    this.#order = open.order;
    this.#reader = new HeadReader(this.#transport, this.#options, this);
    this.#arrived = arrived?.length ?? 0;
    this.#reader.read(arrived);
    // What is over at once nobody can have to find.
    if (!this.isOver) open.add(this);
  }

  failed(): void {
    this.#count(newOutcome('stopped'));
    this.#ended();
  }

  answering(): void {
    if (this.headSent) return;
    this.headSent = true;
    this.#place.answering();
    this.#options.observer?.headSent(this);
  }

  headSlow(): void {
    this.#place.leave();
  }

  headRead(head: HeadResult): void {
    this.#reader = undefined;
    if (head.type !== 'request') return this.#endWithoutRequest(head);
    this.#request = head.request;
    this.#place.resume(() => this.#serveNow());
  }

  answered(): void {
    this.#peer = this.#transport.peer;
    this.#markAnswered();
    // Whatever its handler does from now on.
    if (this.#exchange?.hasFailed === true) this.#tell(this.#exchange.outcome);
    this.#place.answered();
    // A front may send all of its upload before it looks at the answer, however long we work on.
    if (this.#exchange?.isReading === false) this.#release();
    this.giveUp();
  }

  finished(outcome: Outcome): void {
    this.#finish(outcome);
  }

  #serveNow(): void {
    const request = this.#request;
    this.#request = undefined;
    if (request !== undefined) this.#serve(request);
  }

  #serve(request: ParsedRequest): void {
    const identity = identify(request.head.env, this.#options);
    this.#identity = identity;
    this.#queuedMs = this.#options.queuedMs?.(request.head.env, this.startedAt);
    if (this.#order !== undefined) {
      this.#refuse(request, this.#order.status, stoppedOutcome(this.#order));
      return;
    }
    const refusal = admit(request.head, this.#options);
    if (refusal !== undefined) {
      this.#refuse(request, refusal.status, refusedOutcome(refusal));
      return;
    }
    const parties = { transport: this.#transport, owner: this };
    const asked = { request, id: identity.id, arrived: this.#arrived };
    this.#exchange = newExchange(parties, asked, this.#options);
    this.#isObserved = true;
    this.#options.observer?.begun(this);
    try {
      this.#exchange.start();
    } catch (error) {
      // Only a bug of ours gets here: the request runs no more, and must not be shown as if it did.
      this.failed();
      throw error;
    }
  }

  #tellStuck(): void {
    if (!this.#isObserved) return;
    this.isStuck = true;
    this.#options.stuck(`${this.method} ${this.uri}`);
    this.giveUp();
  }

  #finish(outcome: Outcome): void {
    this.#markAnswered();
    this.#tell(outcome);
    this.#ended();
    if (this.#identity !== undefined) this.#options.over?.(this.#identity.id);
    this.#close();
  }

  #close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#options.open.delete(this);
    this.#exchange?.endInput();
    this.#release();
    this.#place.done();
  }

  #ended(): void {
    if (this.#isObserved) this.#options.observer?.ended(this);
    this.#isObserved = false;
  }

  /** Once, whatever happens. */
  #tell(outcome: Outcome | undefined): void {
    if (this.#isCounted || outcome === undefined) return;
    outcome.peer = this.#peer ?? this.#transport.peer;
    this.#count(outcome);
    this.#options.report(outcome);
  }

  #count(outcome: Outcome): void {
    if (this.#isCounted) return;
    this.#isCounted = true;
    outcome.request = this.#identity;
    outcome.durationMs = performance.now() - this.startedAt;
    outcome.queuedMs = this.#queuedMs;
    this.#options.observer?.counted(outcome);
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const exchange = this.#exchange;
    this.#transport.release(exchange === undefined ? this.#unread : exchange.unread);
  }

  #refuse({ head, rest }: ParsedRequest, status: ErrorStatus, outcome: Outcome): void {
    this.#unread = head.bodySize - Math.min(rest.length, head.bodySize);
    this.#answer(status, outcome);
  }

  /** The header block never became a request: answers where somebody may be reading. */
  #endWithoutRequest(head: Exclude<HeadResult, { type: 'request' }>): void {
    const { outcome, status } = withoutRequest(head, this.#order);
    if (status === undefined) this.#abandon(outcome);
    else this.#answer(status, outcome);
  }

  #abandon(outcome: Outcome): void {
    this.#transport.destroy();
    this.#finish(outcome);
  }

  /** Sends an answer of our own and ends our side. */
  #answer(status: ErrorStatus, outcome: Outcome): void {
    const document = errorResponse(status, this.#identity?.method);
    const { sendTimeout } = this.#options;
    outcome.status = status;
    this.answering();
    sendAnswer(this.#transport, { document, sendTimeout }, () => this.#finish(outcome));
  }

  #markAnswered(): void {
    this.#isAnswered = true;
    this.#settle();
  }
}
