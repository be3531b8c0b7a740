// One request and its answer: runs the handler and sees to it that every end is a proper one.

import type { AsyncResource } from 'node:async_hooks';
import type { Environment, Handler } from '../gateway/handler.ts';
import { type ErrorStatus, errorResponse } from '../protocol/error-response.ts';
import type { FrontRules } from '../protocol/front-rules.ts';
import type { ParsedRequest } from '../protocol/request-parser.ts';
import { ResponseComposer } from '../protocol/response-composer.ts';
import { ServerError } from '../errors.ts';
import { PeerClosedError, RequestTimeoutError } from './connection-errors.ts';
import { outcomeOf } from './exchange-outcome.ts';
import type { ExchangeOwner } from './exchange-owner.ts';
import type { Abort, Failure } from './failure.ts';
import {
  bodyTimeout,
  handlerFailure,
  hangUp,
  invalidResponse,
  sendTimeout,
  shortResponse,
} from './failure.ts';
import { isThenable } from '../is-thenable.ts';
import type { Outcome } from './outcome.ts';
import { type ContextSource, RequestContext } from './request-context.ts';
import { newRequestScope } from './request-scope.ts';
import { ScopedListener } from './scoped-listener.ts';
import { type InputOwner, RequestInput } from './request-input.ts';
import { type OutputOwner, ResponseOutput } from './response-output.ts';
import type { Transport, TransportListener } from './transport.ts';

export interface ExchangeOptions extends FrontRules {
  handler: Handler;
  context: ContextSource;
  /** Longest silence of the body while the handler waits for it, milliseconds. */
  bodyTimeout: number;
  /** Longest time without progress of the peer's reading, milliseconds. */
  sendTimeout: number;
}

export class Exchange implements TransportListener, InputOwner, OutputOwner {
  readonly env: Environment;
  readonly #transport: Transport;
  readonly #options: ExchangeOptions;
  readonly #owner: ExchangeOwner;
  readonly #bodySize: number;
  /** The web server may have announced too short a body: bytes beyond it are worth a warning. */
  readonly #isLengthUncertain: boolean;
  #hasExcess: boolean;
  readonly #composer: ResponseComposer;
  readonly #input: RequestInput;
  readonly #output: ResponseOutput;
  readonly #context: RequestContext;
  readonly #scope: AsyncResource;
  #failure: Failure | undefined;
  #errorStatus: ErrorStatus | undefined;
  /** All of the handler's response is handed to the kernel. */
  #isSent = false;
  #wasCut = false;
  /** The peer closed its side before it had its answer; no web server does so and goes on reading. */
  #peerIsGone = false;
  /** Our side of the connection is ended or cut. */
  #isAnswered = false;
  /** The handler is being called and has not returned. */
  #isCalling = false;
  /** The handler has returned, and its promise has settled. */
  #isHandled = false;
  #isFinished = false;

  /** @param id - name of the request in the log */
  constructor(
    { transport, owner }: { transport: Transport; owner: ExchangeOwner },
    { request, id }: { request: ParsedRequest; id: string },
    options: ExchangeOptions,
  ) {
    const { env, bodySize } = request.head;
    this.#isLengthUncertain = request.head.bodyLengthUncertain;
    this.#hasExcess = request.rest.length > bodySize;
    this.env = env;
    this.#transport = transport;
    this.#owner = owner;
    this.#options = options;
    this.#bodySize = bodySize;
    this.#composer = new ResponseComposer(env['REQUEST_METHOD'] ?? '', options, env);
    this.#input = new RequestInput(transport, bodySize, this);
    this.#output = new ResponseOutput(this.#composer, transport, this);
    this.#context = new RequestContext(options.context, id);
    this.#scope = newRequestScope(id);
    this.#input.receive(request.rest);
  }

  get bodyTimeout(): number {
    return this.#options.bodyTimeout;
  }

  /** Body bytes that may still come; undefined when the peer has sent all of them, and nothing else. */
  get unread(): number | undefined {
    if (this.#input.isComplete && !this.#hasExcess) return undefined;
    return this.#bodySize - this.#input.received;
  }

  /** Whether the handler may still want the request body. */
  get isReading(): boolean {
    return this.#input.isRead;
  }

  /** Something went wrong: what becomes of it does not change any more. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** What has become of it by now. */
  get outcome(): Outcome {
    return outcomeOf({
      failure: this.#failure,
      peerIsGone: this.#peerIsGone,
      errorStatus: this.#errorStatus,
      composer: this.#composer,
      received: this.#input.received,
      wasCut: this.#wasCut,
      hasDoubtfulExcess: this.#isLengthUncertain && this.#hasExcess,
    });
  }

  /** Runs the handler and sends its answer; the owner is told, sometimes before this returns. */
  start(): void {
    this.#transport.attach(new ScopedListener(this, this.#scope), this.#options.sendTimeout);
    if (!this.#input.isComplete) this.#transport.resume();
    this.#produce();
  }

  /** The handler gets no more of the request body. */
  endInput(): void {
    this.#input.close();
  }

  /** Ends the exchange: with a complete error document if there is a status for it and the head is unsent. */
  abort(failure: Abort): void {
    this.#scope.runInAsyncScope(() => {
      this.#context.abort(failure.error);
      this.#fail(failure);
    });
  }

  received(chunk: Buffer): void {
    if (this.#input.isComplete) this.#hasExcess = true;
    else this.#input.receive(chunk);
    if (this.#input.isComplete) this.#transport.expectNothing();
  }

  ended(): void {
    const truncated = !this.#input.isComplete;
    this.#input.truncate();
    if (this.#isSent) return;
    this.#peerIsGone = true;
    const failure = hangUp(this.#input.failure);
    // In the middle of the body nobody is left to answer; after it, a half-closed peer still reads.
    if (truncated) this.abort(failure);
    else this.#context.abort(failure.error);
  }

  closed(): void {
    this.#input.truncate();
    if (!this.#isSent) this.abort(hangUp());
    this.#answered();
  }

  drained(): void {
    this.#output.drained();
  }

  stalled(): void {
    if (this.#failure !== undefined) {
      this.#transport.destroy();
      return;
    }
    this.abort(sendTimeout(this.#options.sendTimeout));
  }

  outputBegun(): void {
    this.#owner.answering();
  }

  outputSent(): void {
    if (this.#failure !== undefined) return;
    this.#isSent = true;
    const missing = this.#composer.missingBytes;
    if (missing > 0) {
      this.#failure = shortResponse(missing);
      this.#cut();
    } else this.#answered();
  }

  /** By us, by an invalid response, or by the handler. */
  outputBroken(): void {
    const error = this.#output.errored ?? new Error('the handler destroyed its output');
    this.#fail(invalidResponse(error));
  }

  #produce(): void {
    const { handler } = this.#options;
    this.#isCalling = true;
    try {
      const result = this.#scope.runInAsyncScope(() =>
        handler.produce(this.env, this.#bodySize, this.#input, this.#output, this.#context),
      );
      if (isThenable(result)) this.#await(result);
      else this.#returned();
    } catch (error) {
      this.#threw(error);
    }
    this.#isCalling = false;
    this.#proceed();
  }

  #await(result: PromiseLike<unknown>): void {
    result.then(
      () => this.#returned(),
      (error: unknown) => this.#threw(error),
    );
    this.#output.stream();
    this.#transport.wait();
  }

  #returned(): void {
    this.#isHandled = true;
    // To end it again would make an error, with its stack, that nobody sees.
    if (!this.#output.writableEnded) this.#output.end();
    this.#proceed();
  }

  #threw(error: unknown): void {
    this.#isHandled = true;
    const { failure: input } = this.#input;
    this.#fail(handlerFailure(error, { input, output: this.#output.errored }));
    this.#proceed();
  }

  /** The first failure counts. Everything else that goes wrong follows from it. */
  #fail(failure: Failure): void {
    if (this.#failure !== undefined) return;
    if (this.#isSent) {
      // The answer is out: only an error of the handler still has to reach the log.
      if (failure.kind === 'handler-failed') this.#failure = failure;
      return;
    }
    this.#failure = this.#isGivingUp(failure) ? { ...failure, kind: 'aborted' } : failure;
    // Not the handler's own error: streams look into what they are destroyed with.
    this.#output.destroy(
      failure.error instanceof ServerError ? failure.error : new PeerClosedError(),
    );
    this.#owner.answering();
    if (failure.status !== undefined && !this.#composer.headSent) this.#answer(failure.status);
    else this.#cut();
  }

  /** A handler that knows that its peer has gone, and gives up for it, is right to. */
  #isGivingUp({ kind }: Failure): boolean {
    if (!this.#peerIsGone || !this.#context.isAbortKnown) return false;
    return kind === 'handler-failed' || kind === 'response-invalid';
  }

  #answer(status: ErrorStatus): void {
    this.#errorStatus = status;
    const document = errorResponse(status, this.env['REQUEST_METHOD']);
    this.#transport.end([document], () => this.#answered());
  }

  /** Cuts the connection so that the web server sees a truncated response, never a complete one. */
  #cut(): void {
    this.#wasCut = this.#composer.headSent;
    this.#transport.cut();
    this.#answered();
  }

  /** A handler that waits for 'end' alone would wait for ever: it is not asked. */
  inputFailed(error: Error): void {
    if (!(error instanceof RequestTimeoutError)) return;
    this.#context.abort(error);
    this.#fail(bodyTimeout(error));
  }

  #answered(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#proceed();
  }

  /** A handler that still runs when its answer is out, or its peer gone, keeps its credit. */
  #proceed(): void {
    if (!this.#isAnswered || this.#isCalling || this.#isFinished) return;
    this.#isFinished = this.#isHandled;
    if (this.#isHandled) this.#owner.finished(this.outcome);
    else this.#owner.answered();
  }
}
