// One SCGI connection from its first byte to its close, over a stream.

import type { Socket } from 'node:net';
import type { DrainBounds } from '../net/drain-and-close.ts';
import { drainAndClose } from '../net/drain-and-close.ts';
import type { ParsedRequest } from '../protocol/request-parser.ts';
import type { ErrorStatus } from './error-response.ts';
import { errorResponse, toErrorStatus } from './error-response.ts';
import type { ExchangeOptions, ExchangeResult } from './exchange.ts';
import { Exchange } from './exchange.ts';
import type { Outcome } from './outcome.ts';
import type { HeadLimits, HeadResult } from './read-request.ts';
import { readRequest } from './read-request.ts';

/** What a worker's connections have in common. */
export interface ConnectionOptions extends HeadLimits, Omit<ExchangeOptions, 'requestId'> {
  /** Largest request body, bytes; absent: no limit. */
  maxBodySize?: number | undefined;
  /** Returns a name that no other request of this server has. */
  nextRequestId(): string;
  /** Told of every connection once, when it is answered. Must not throw. */
  report(outcome: Outcome): void;
  /** The requests that run, so that their worker can end them. */
  running: Set<Exchange>;
}

/** Extra bytes that are discarded beyond a request's announced body. */
const EXCESS_BYTES = 64 * 1024;
/** How long an answered connection is read: a front may send its whole upload before it looks. */
const DRAIN: Omit<DrainBounds, 'bytes'> = { idleMs: 2_000, totalMs: 30_000 };
/** Methods that no application is asked about: a proxy's business, or a way to read others' headers. */
const REFUSED_METHODS = new Set(['TRACE', 'TRACK', 'CONNECT']);

type Verdict = Omit<Outcome, 'durationMs' | 'peer'>;

/**
 * Serves the connection. Resolves when the answer is handed to the kernel and our side is ended;
 * the connection itself may stay open a little longer, until the peer has closed too.
 */
export async function serveConnection(socket: Socket, options: ConnectionOptions): Promise<void> {
  const startedAt = performance.now();
  const peer = socket.remoteAddress;
  // Every error is followed by 'close', which is handled.
  socket.on('error', () => {});
  const head = await readRequest(socket, options);
  const verdict =
    head.type === 'request'
      ? await serveRequest(socket, head.request, options)
      : await endWithoutRequest(socket, head, options.sendTimeout);
  options.report({ ...verdict, peer, durationMs: performance.now() - startedAt });
}

async function serveRequest(
  socket: Socket,
  request: ParsedRequest,
  options: ConnectionOptions,
): Promise<Verdict> {
  const { env, bodySize } = request.head;
  const method = env['REQUEST_METHOD'] ?? '';
  const identity = {
    id: options.nextRequestId(),
    method,
    uri: env['REQUEST_URI'] ?? env['PATH_INFO'] ?? '',
  };
  const refusal = refusalStatus(method, bodySize, options.maxBodySize);
  if (refusal !== undefined) {
    const received = Math.min(request.rest.length, bodySize);
    const { sendTimeout } = options;
    await answer(socket, { status: refusal, method, unread: bodySize - received, sendTimeout });
    return { ...nothing('refused'), request: identity, status: refusal };
  }
  const result = await runExchange(socket, request, { ...options, requestId: identity.id });
  return { ...result, request: identity };
}

async function runExchange(
  socket: Socket,
  request: ParsedRequest,
  options: ConnectionOptions & ExchangeOptions,
): Promise<ExchangeResult> {
  const exchange = new Exchange(socket, request, options);
  options.running.add(exchange);
  try {
    return await exchange.run();
  } finally {
    options.running.delete(exchange);
    drainAndClose(socket, { ...DRAIN, bytes: exchange.bodyMissing + EXCESS_BYTES });
  }
}

function refusalStatus(
  method: string,
  bodySize: number,
  maxBodySize: number | undefined,
): ErrorStatus | undefined {
  if (REFUSED_METHODS.has(method)) return 405;
  if (maxBodySize !== undefined && bodySize > maxBodySize) return 413;
  return undefined;
}

/** The header block never became a request: answers where somebody may be reading. */
async function endWithoutRequest(
  socket: Socket,
  head: Exclude<HeadResult, { type: 'request' }>,
  sendTimeout: number,
): Promise<Verdict> {
  switch (head.type) {
    case 'malformed': {
      const status = toErrorStatus(head.error.statusHint);
      await answer(socket, { status, unread: 0, sendTimeout });
      return { ...nothing('malformed'), status, error: head.error };
    }
    case 'timed-out':
      if (head.received > 0) await answer(socket, { status: 408, unread: 0, sendTimeout });
      else socket.destroy();
      return {
        ...nothing('timed-out'),
        phase: 'header',
        ...(head.received > 0 && { status: 408 }),
      };
    case 'closed':
      socket.destroy();
      return nothing(head.received > 0 ? 'aborted' : 'empty');
  }
}

function nothing(kind: Outcome['kind']): Verdict {
  return { kind, bytesIn: 0, bytesOut: 0 };
}

interface Answer {
  status: ErrorStatus;
  method?: string;
  /** What the peer may still send of its body, bytes. */
  unread: number;
  sendTimeout: number;
}

/** Sends a whole answer and ends our side. */
function answer(socket: Socket, { status, method, unread, sendTimeout }: Answer): Promise<void> {
  return new Promise((resolve) => {
    const cut = (): unknown => socket.destroy();
    const done = (): void => {
      socket.off('close', done).off('timeout', cut).setTimeout(0);
      drainAndClose(socket, { ...DRAIN, bytes: unread + EXCESS_BYTES });
      resolve();
    };
    socket.once('close', done).once('timeout', cut).setTimeout(sendTimeout);
    socket.end(errorResponse(status, method), done);
  });
}
