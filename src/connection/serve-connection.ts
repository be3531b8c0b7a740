// One SCGI connection from its first byte to its close, over a stream.

import type { Socket } from 'node:net';
import type { DrainBounds } from '../net/drain-and-close.ts';
import { drainAndClose } from '../net/drain-and-close.ts';
import type { ParsedRequest } from '../protocol/request-parser.ts';
import type { ErrorStatus } from './error-response.ts';
import { errorResponse, toErrorStatus } from './error-response.ts';
import type { ExchangeOptions } from './exchange.ts';
import { Exchange } from './exchange.ts';
import type { OpenConnection, OpenConnections, StopOrder } from './open-connections.ts';
import type { Outcome } from './outcome.ts';
import type { HeadLimits, HeadResult } from './head-reader.ts';
import { HeadReader } from './head-reader.ts';

/** What a worker's connections have in common. */
export interface ConnectionOptions extends HeadLimits, ExchangeOptions {
  /** Largest request body, bytes; absent: no limit. */
  maxBodySize?: number | undefined;
  /** Returns a name that no other request of this server has. */
  nextRequestId(): string;
  /** Told of every connection once, when it is answered and its handler done. Must not throw. */
  report(outcome: Outcome): void;
  /** Where the connection is found while it is not answered. */
  open: OpenConnections;
}

/** Bytes that are discarded beyond a request's announced body; what bounds them is mostly time. */
const EXCESS_BYTES = 64 * 1024 * 1024;
/** How long an answered connection is read: a front may send its whole upload before it looks. */
const DRAIN: Omit<DrainBounds, 'bytes'> = { idleMs: 2_000, totalMs: 30_000 };
/** Methods that no application is asked about: a proxy's business, or a way to read others' headers. */
const REFUSED_METHODS = new Set(['TRACE', 'TRACK', 'CONNECT']);

type Verdict = Omit<Outcome, 'durationMs' | 'peer'>;

/**
 * Serves the connection. Resolves when the answer is handed to the kernel, our side is ended and the
 * handler is done; the connection itself may stay open a little longer, until the peer has closed too.
 */
export async function serveConnection(socket: Socket, options: ConnectionOptions): Promise<void> {
  const startedAt = performance.now();
  const peer = socket.remoteAddress;
  // Every error is followed by 'close', which is handled.
  socket.on('error', () => {});
  const verdict = await new Connection(socket, options).serve();
  options.report({ ...verdict, peer, durationMs: performance.now() - startedAt });
}

class Connection implements OpenConnection {
  readonly answered: Promise<void>;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader: HeadReader;
  #exchange: Exchange | undefined;
  #order: StopOrder | undefined;
  #isDraining = false;
  #settle: () => void = () => {};

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#reader = new HeadReader(socket, options);
    this.answered = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get title(): string | undefined {
    if (this.#exchange === undefined) return undefined;
    const { method, uri } = describe(this.#exchange.env);
    return `${method} ${uri}`;
  }

  stop(order: StopOrder): void {
    this.#order = order;
    this.#exchange?.stop(order.reason, order.status);
    this.#reader.interrupt();
  }

  async serve(): Promise<Verdict> {
    this.#options.open.add(this);
    const head = await this.#reader.read();
    const verdict =
      head.type === 'request'
        ? await this.#serveRequest(head.request)
        : await this.#endWithoutRequest(head);
    this.#markAnswered();
    return verdict;
  }

  async #serveRequest(request: ParsedRequest): Promise<Verdict> {
    const { env, bodySize } = request.head;
    const identity = { id: this.#options.nextRequestId(), ...describe(env) };
    const refusal = this.#refusalStatus(identity.method, bodySize);
    if (refusal !== undefined) {
      const unread = bodySize - Math.min(request.rest.length, bodySize);
      await this.#answer({ status: refusal, method: identity.method, unread });
      const kind = this.#order === undefined ? 'refused' : 'stopped';
      return { ...nothing(kind), request: identity, status: refusal, error: this.#order?.reason };
    }
    const exchange = new Exchange(this.#socket, { request, id: identity.id }, this.#options);
    this.#exchange = exchange;
    void exchange.answered.then(() => {
      this.#markAnswered();
      // A front may send all of its upload before it looks at the answer, however long we work on.
      if (!exchange.isReading) this.#drain(exchange);
    });
    const result = await exchange.run();
    this.#drain(exchange);
    return { ...result, request: identity };
  }

  #drain(exchange: Exchange): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    exchange.release();
    drainAndClose(this.#socket, { ...DRAIN, bytes: exchange.bodyMissing + EXCESS_BYTES });
  }

  #refusalStatus(method: string, bodySize: number): ErrorStatus | undefined {
    const { maxBodySize } = this.#options;
    if (this.#order !== undefined) return this.#order.status;
    if (REFUSED_METHODS.has(method)) return 405;
    if (maxBodySize !== undefined && bodySize > maxBodySize) return 413;
    return undefined;
  }

  /** The header block never became a request: answers where somebody may be reading. */
  async #endWithoutRequest(head: Exclude<HeadResult, { type: 'request' }>): Promise<Verdict> {
    switch (head.type) {
      case 'malformed': {
        const status = toErrorStatus(head.error.statusHint);
        await this.#answer({ status, unread: 0 });
        return { ...nothing('malformed'), status, error: head.error };
      }
      case 'timed-out':
        if (head.received > 0) await this.#answer({ status: 408, unread: 0 });
        else this.#socket.destroy();
        return {
          ...nothing('timed-out'),
          phase: 'header',
          ...(head.received > 0 && { status: 408 }),
        };
      case 'interrupted': {
        const { status = 503, reason: error } = this.#order ?? {};
        if (head.received === 0) this.#socket.destroy();
        else await this.#answer({ status, unread: 0 });
        return head.received === 0 ? nothing('empty') : { ...nothing('stopped'), status, error };
      }
      case 'closed':
        this.#socket.destroy();
        return nothing(head.received > 0 ? 'aborted' : 'empty');
    }
  }

  /** Sends a whole answer and ends our side; `unread` is what the peer may still send, bytes. */
  #answer(answer: { status: ErrorStatus; method?: string; unread: number }): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const cut = (): unknown => socket.destroy();
      const done = (): void => {
        socket.off('close', done).off('timeout', cut).setTimeout(0);
        drainAndClose(socket, { ...DRAIN, bytes: answer.unread + EXCESS_BYTES });
        resolve();
      };
      socket.once('close', done).once('timeout', cut).setTimeout(this.#options.sendTimeout);
      socket.end(errorResponse(answer.status, answer.method), done);
    });
  }

  #markAnswered(): void {
    this.#options.open.delete(this);
    this.#settle();
  }
}

function describe(env: ParsedRequest['head']['env']): { method: string; uri: string } {
  return { method: env['REQUEST_METHOD'] ?? '', uri: env['REQUEST_URI'] ?? env['PATH_INFO'] ?? '' };
}

function nothing(kind: Outcome['kind']): Verdict {
  return { kind, bytesIn: 0, bytesOut: 0 };
}
