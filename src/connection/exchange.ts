// One request and its answer: runs the handler and sees to it that every end is a proper one.

import type { Environment, Handler } from '../gateway/handler.ts';
import { UNBUFFERED_UPLOAD_HINT } from '../protocol/header-block.ts';
import type { ParsedRequest } from '../protocol/request-parser.ts';
import { ResponseComposer } from '../protocol/response-composer.ts';
import { ResponseError } from '../protocol/protocol-error.ts';
import { ServerError } from '../errors.ts';
import { PeerClosedError, RequestTimeoutError } from './connection-errors.ts';
import type { ErrorStatus } from './error-response.ts';
import { errorResponse } from './error-response.ts';
import type { Outcome, OutcomeKind } from './outcome.ts';
import { newOutcome } from './outcome.ts';
import type { ContextSource } from './request-context.ts';
import { RequestContext } from './request-context.ts';
import { RequestInput } from './request-input.ts';
import type { OutputOwner } from './response-output.ts';
import { ResponseOutput } from './response-output.ts';
import type { Transport, TransportListener } from './transport.ts';

export interface ExchangeOptions {
  handler: Handler;
  context: ContextSource;
  /** Longest silence of the body while the handler waits for it, milliseconds. */
  bodyTimeout: number;
  /** Longest time without progress of the peer's reading, milliseconds. */
  sendTimeout: number;
}

interface Failure {
  kind: OutcomeKind;
  error?: unknown;
  phase?: 'body' | 'send';
  /** What is answered while the head is unsent; nothing where nobody is there to read it. */
  status?: ErrorStatus;
}

/** Who is told how far an exchange has come. */
export interface ExchangeOwner {
  /** Our side of the connection is ended or cut; the handler still runs. */
  answered(): void;
  /** Answered, and the handler is done. Called once, whether or not `answered` was. */
  finished(outcome: Outcome): void;
}

export class Exchange implements TransportListener, OutputOwner {
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
    const { env, bodySize, bodyLengthUncertain } = request.head;
    this.#isLengthUncertain = bodyLengthUncertain;
    this.#hasExcess = request.rest.length > bodySize;
    this.env = env;
    this.#transport = transport;
    this.#owner = owner;
    this.#options = options;
    this.#bodySize = bodySize;
    this.#composer = new ResponseComposer(env['REQUEST_METHOD'] ?? '');
    this.#input = new RequestInput(transport, bodySize, options.bodyTimeout);
    this.#output = new ResponseOutput(this.#composer, transport, this);
    this.#context = new RequestContext(options.context, id);
    this.#input.receive(request.rest);
  }

  /** Body bytes that have not arrived yet. */
  get bodyMissing(): number {
    return this.#bodySize - this.#input.received;
  }

  /** The peer has sent its body whole, and nothing else. */
  get isComplete(): boolean {
    return this.#input.isComplete && !this.#hasExcess;
  }

  /** Whether the handler may still want the request body. */
  get isReading(): boolean {
    return this.#input.readableFlowing !== null && !this.#input.destroyed;
  }

  /** Runs the handler and sends its answer; the owner is told, sometimes before this returns. */
  start(): void {
    this.#input.once('error', (error) => this.#inputFailed(error));
    this.#transport.attach(this, this.#options.sendTimeout);
    if (!this.#input.isComplete) this.#transport.resume();
    this.#produce();
  }

  /** The handler gets no more of the request body. */
  endInput(): void {
    this.#input.destroy();
  }

  /** Ends the exchange for a reason that is not its own: a complete error document if the head is unsent. */
  stop(error: Error, status: 500 | 503): void {
    this.#context.abort(error);
    this.#fail({ kind: 'stopped', error, status });
  }

  received(chunk: Buffer): void {
    if (this.#input.isComplete) this.#hasExcess = true;
    else this.#input.receive(chunk);
  }

  ended(): void {
    if (this.#isSent) return;
    this.#peerIsGone = true;
    const truncated = !this.#input.isComplete;
    this.#input.truncate();
    const error = this.#input.errored ?? new PeerClosedError();
    this.#context.abort(error);
    // In the middle of the body nobody is left to answer; after it, a half-closed peer still reads.
    if (truncated) this.#fail({ kind: 'aborted', error });
  }

  closed(): void {
    if (!this.#isSent) {
      this.#input.truncate();
      const error = new PeerClosedError();
      this.#context.abort(error);
      this.#fail({ kind: 'aborted', error });
    }
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
    const error = new RequestTimeoutError('send', this.#options.sendTimeout);
    this.#context.abort(error);
    this.#fail({ kind: 'timed-out', error, phase: 'send' });
  }

  outputSent(): void {
    if (this.#failure !== undefined) return;
    this.#isSent = true;
    const missing = this.#composer.missingBytes;
    if (missing > 0) {
      const error = new Error(`the response ended ${missing} bytes short of its Content-Length`);
      this.#failure = { kind: 'response-short', error };
      this.#cut();
    } else this.#answered();
  }

  /** By us, by an invalid response, or by the handler. */
  outputBroken(): void {
    const error = this.#output.errored ?? new Error('the handler destroyed its output');
    this.#fail({ kind: 'response-invalid', error, status: 500 });
  }

  #produce(): void {
    const { handler } = this.#options;
    this.#isCalling = true;
    try {
      const result = handler.produce(
        this.env,
        this.#bodySize,
        this.#input,
        this.#output,
        this.#context,
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
    this.#output.end();
    this.#proceed();
  }

  #threw(error: unknown): void {
    this.#isHandled = true;
    this.#fail(this.#handlerFailure(error));
    this.#proceed();
  }

  #handlerFailure(error: unknown): Failure {
    const invalid = this.#output.errored;
    if (invalid instanceof ResponseError) {
      return { kind: 'response-invalid', error: invalid, status: 500 };
    }
    if (this.#input.errored instanceof RequestTimeoutError) {
      return { kind: 'timed-out', error, phase: 'body', status: 408 };
    }
    return { kind: 'handler-failed', error, status: 500 };
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
    if (failure.status !== undefined && !this.#composer.headSent) this.#answer(failure.status);
    else this.#cut();
  }

  /** A handler that knows that its peer has gone, and gives up for it, is right to. */
  #isGivingUp({ kind }: Failure): boolean {
    if (!this.#peerIsGone || !this.#context.isAbortKnown || this.#composer.headSent) return false;
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
  #inputFailed(error: Error): void {
    if (!(error instanceof RequestTimeoutError)) return;
    this.#context.abort(error);
    this.#fail({ kind: 'timed-out', error, phase: 'body', status: 408 });
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
    if (this.#isHandled) this.#owner.finished(this.#outcome());
    else this.#owner.answered();
  }

  #outcome(): Outcome {
    const head = this.#composer.headSent ? this.#composer.head : undefined;
    const failure = this.#failure;
    const outcome = newOutcome(failure?.kind ?? (this.#peerIsGone ? 'aborted' : 'answered'));
    outcome.status = this.#errorStatus ?? head?.status;
    outcome.bytesIn = this.#input.received;
    outcome.bytesOut = this.#composer.bodyBytes;
    outcome.cut = this.#wasCut;
    outcome.phase = failure?.phase;
    outcome.error = failure?.error;
    outcome.warnings = this.#warnings();
    return outcome;
  }

  #warnings(): readonly string[] {
    const { warnings } = this.#composer;
    return this.#isLengthUncertain && this.#hasExcess
      ? [...warnings, UNBUFFERED_UPLOAD_HINT]
      : warnings;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
