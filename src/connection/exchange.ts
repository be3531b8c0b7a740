// One request and its answer: runs the handler and sees to it that every end is a proper one.

import type { Socket } from 'node:net';
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
import type { ContextSource } from './request-context.ts';
import { RequestContext } from './request-context.ts';
import { RequestInput } from './request-input.ts';
import { ResponseOutput } from './response-output.ts';

export interface ExchangeOptions {
  handler: Handler;
  context: ContextSource;
  /** Longest silence of the body while the handler waits for it, milliseconds. */
  bodyTimeout: number;
  /** Longest time without progress of the peer's reading, milliseconds. */
  sendTimeout: number;
}

/** How an exchange ended: the part of the outcome that the exchange knows. */
export type ExchangeResult = Pick<
  Outcome,
  'kind' | 'status' | 'bytesIn' | 'bytesOut' | 'cut' | 'phase' | 'error' | 'warnings'
>;

interface Failure {
  kind: OutcomeKind;
  error?: unknown;
  phase?: 'body' | 'send';
  /** What is answered while the head is unsent; nothing where nobody is there to read it. */
  status?: ErrorStatus;
}

export class Exchange {
  readonly env: Environment;
  readonly #socket: Socket;
  readonly #options: ExchangeOptions;
  readonly #bodySize: number;
  /** The web server may have announced too short a body: bytes beyond it are worth a warning. */
  readonly #isLengthUncertain: boolean;
  #hasExcess: boolean;
  readonly #composer: ResponseComposer;
  readonly #input: RequestInput;
  readonly #output: ResponseOutput;
  readonly #context: RequestContext;
  #failure: Failure | undefined;
  #answered: ErrorStatus | undefined;
  #wasCut = false;
  /** The peer closed its side before it had its answer; no web server does so and goes on reading. */
  #peerIsGone = false;
  /** Resolves when our side of the connection is ended or cut; the handler may still run. */
  readonly answered: Promise<void>;
  #settle: () => void = () => {};

  /** @param id - name of the request in the log */
  constructor(
    socket: Socket,
    { request, id }: { request: ParsedRequest; id: string },
    options: ExchangeOptions,
  ) {
    const { env, bodySize, bodyLengthUncertain } = request.head;
    this.#isLengthUncertain = bodyLengthUncertain;
    this.#hasExcess = request.rest.length > bodySize;
    this.env = env;
    this.#socket = socket;
    this.#options = options;
    this.#bodySize = bodySize;
    this.#composer = new ResponseComposer(env['REQUEST_METHOD'] ?? '');
    this.#input = new RequestInput(socket, bodySize, options.bodyTimeout);
    this.#output = new ResponseOutput(this.#composer, socket);
    this.#context = new RequestContext(options.context, id);
    this.#input.receive(request.rest);
    this.answered = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Body bytes that have not arrived yet. */
  get bodyMissing(): number {
    return this.#bodySize - this.#input.received;
  }

  /** Runs the handler and sends its answer. Resolves when our side of the connection is ended or cut. */
  async run(): Promise<ExchangeResult> {
    this.#output.once('finish', () => this.#finished());
    this.#output.once('close', () => this.#closed());
    this.#input.once('error', (error) => this.#inputFailed(error));
    this.#listen();
    // A handler that still runs when its answer is out, or its peer gone, keeps its credit.
    await this.#produce();
    await this.answered;
    this.release();
    return this.#result();
  }

  /** Whether the handler may still want the request body. */
  get isReading(): boolean {
    return this.#input.readableFlowing !== null && !this.#input.destroyed;
  }

  /** Lets go of the connection, which is answered. Once more does no harm. */
  release(): void {
    this.#unlisten();
    this.#input.destroy();
  }

  /** Ends the exchange for a reason that is not its own: a complete error document if the head is unsent. */
  stop(error: Error, status: 500 | 503): void {
    this.#context.abort(error);
    this.#fail({ kind: 'stopped', error, status });
  }

  async #produce(): Promise<void> {
    const { handler } = this.#options;
    try {
      await handler.produce(this.env, this.#bodySize, this.#input, this.#output, this.#context);
      this.#output.end();
    } catch (error) {
      this.#fail(this.#handlerFailure(error));
    }
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
    if (this.#output.writableFinished) {
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
    this.#answered = status;
    this.#socket.end(errorResponse(status, this.env['REQUEST_METHOD']), () => this.#settle());
  }

  /** Cuts the connection so that the web server sees a truncated response, never a complete one. */
  #cut(): void {
    this.#wasCut = this.#composer.headSent;
    // Only TCP has a reset; a Unix socket gives its peer nothing but an early end.
    if (this.#socket.remoteAddress === undefined) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
    this.#settle();
  }

  #finished(): void {
    if (this.#composer.missingBytes > 0) {
      const missing = this.#composer.missingBytes;
      const error = new Error(`the response ended ${missing} bytes short of its Content-Length`);
      this.#failure ??= { kind: 'response-short', error };
      this.#cut();
    }
    this.#settle();
  }

  /** A handler that waits for 'end' alone would wait for ever: it is not asked. */
  #inputFailed(error: Error): void {
    if (!(error instanceof RequestTimeoutError)) return;
    this.#context.abort(error);
    this.#fail({ kind: 'timed-out', error, phase: 'body', status: 408 });
  }

  /** The output was destroyed: by us, by an invalid response, or by the handler. */
  #closed(): void {
    if (this.#output.writableFinished || this.#failure !== undefined) return;
    const error = this.#output.errored ?? new Error('the handler destroyed its output');
    this.#fail({ kind: 'response-invalid', error, status: 500 });
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    socket.setTimeout(this.#options.sendTimeout);
    socket.on('timeout', this.#onTimeout);
    if (socket.readableEnded) this.#onEnd();
    else if (socket.destroyed) this.#onClose();
    else socket.resume();
  }

  #unlisten(): void {
    const socket = this.#socket;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    socket.off('timeout', this.#onTimeout).setTimeout(0);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#input.isComplete) this.#hasExcess = true;
    else this.#input.receive(chunk);
  };

  readonly #onEnd = (): void => {
    if (this.#output.writableFinished) return;
    this.#peerIsGone = true;
    const truncated = !this.#input.isComplete;
    this.#input.truncate();
    const error = this.#input.errored ?? new PeerClosedError();
    this.#context.abort(error);
    // In the middle of the body nobody is left to answer; after it, a half-closed peer still reads.
    if (truncated) this.#fail({ kind: 'aborted', error });
  };

  readonly #onClose = (): void => {
    if (!this.#output.writableFinished) {
      this.#input.truncate();
      const error = new PeerClosedError();
      this.#context.abort(error);
      this.#fail({ kind: 'aborted', error });
    }
    this.#settle();
  };

  readonly #onTimeout = (): void => {
    if (this.#socket.writableLength === 0) return;
    if (this.#failure !== undefined) {
      this.#socket.destroy();
      return;
    }
    const error = new RequestTimeoutError('send', this.#options.sendTimeout);
    this.#context.abort(error);
    this.#fail({ kind: 'timed-out', error, phase: 'send' });
  };

  #result(): ExchangeResult {
    const head = this.#composer.headSent ? this.#composer.head : undefined;
    const failure = this.#failure;
    return {
      kind: failure?.kind ?? (this.#peerIsGone ? 'aborted' : 'answered'),
      status: this.#answered ?? head?.status,
      bytesIn: this.#input.received,
      bytesOut: this.#composer.bodyBytes,
      cut: this.#wasCut,
      error: failure?.error,
      warnings: this.#warnings(),
      ...(failure?.phase && { phase: failure.phase }),
    };
  }

  #warnings(): readonly string[] {
    const { warnings } = this.#composer;
    return this.#isLengthUncertain && this.#hasExcess
      ? [...warnings, UNBUFFERED_UPLOAD_HINT]
      : warnings;
  }
}
