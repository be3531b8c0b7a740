// One SCGI request to a server and its answer, seen from outside: the part that a web server plays.
// The write side is never half-closed (no web server does it), and every failure ends the same way: the
// socket is destroyed with the reason, which the head's promise or the body's stream passes on.

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { ListenAddress } from '../config/listen-address.ts';
import { ServerError } from '../errors.ts';
import { encodeRequest } from '../protocol/request-encoder.ts';
import { connect } from './connect.ts';
import { abortError, stalled } from './exchange-error.ts';
import { receiveAnswer, type ScgiAnswer } from './receive-answer.ts';

/** A request as a web server would send it. */
export interface ScgiRequest {
  /** Meta-variables without CONTENT_LENGTH and SCGI; latin-1 strings. */
  readonly pairs: ReadonlyArray<readonly [name: string, value: string]>;
  /** Ownership of a stream stays with the caller; it is left unread when the answer comes early. */
  readonly body: Buffer | Readable;
  /** Length of the body, bytes. */
  readonly bodySize: number;
}

/** Bounds of the exchange. */
export interface ExchangeOptions {
  readonly connectTimeoutMs: number;
  /** Longest wait for the head while nothing moves in either direction. */
  readonly answerTimeoutMs: number;
  /** The same, once the head is here. */
  readonly idleTimeoutMs: number;
  /** Gives the exchange up at any time; bounds the whole of it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one request and resolves when the head of the answer is complete.
 *
 * @throws ServerError `ERR_SCGI_CONNECT`, `ERR_SCGI_TIMEOUT`, `ERR_SCGI_RESPONSE` (no valid answer),
 * `ERR_SCGI_BODY_TRUNCATED` (the request's body), or the signal's reason
 */
export async function sendRequest(
  address: ListenAddress,
  request: ScgiRequest,
  options: ExchangeOptions,
): Promise<ScgiAnswer> {
  const block = encodeRequest(request.pairs, request.bodySize);
  const socket = await connect(address, {
    timeoutMs: options.connectTimeoutMs,
    signal: options.signal,
  });
  boundExchange(socket, options);
  const answer = receiveAnswer(socket, {
    isHeadRequest: request.pairs.some(
      ([name, value]) => name === 'REQUEST_METHOD' && value === 'HEAD',
    ),
    idleTimeoutMs: options.idleTimeoutMs,
  });
  socket.cork();
  socket.write(block);
  sendBody(socket, request);
  socket.uncork();
  return answer;
}

function boundExchange(socket: Socket, { answerTimeoutMs, signal }: ExchangeOptions): void {
  socket.setTimeout(answerTimeoutMs);
  socket.on('timeout', () => socket.destroy(stalled(socket)));
  // Whoever waits for the answer learns of errors at 'close'; without this they would be uncaught.
  socket.on('error', () => undefined);
  if (signal === undefined) return;
  const onAbort = () => socket.destroy(abortError(signal.reason));
  signal.addEventListener('abort', onAbort);
  socket.once('close', () => signal.removeEventListener('abort', onAbort));
  if (signal.aborted) onAbort();
}

function sendBody(socket: Socket, { body, bodySize }: ScgiRequest): void {
  if (Buffer.isBuffer(body)) {
    socket.write(body);
    return;
  }
  let sent = 0;
  const onEnd = () => {
    if (sent >= bodySize) return;
    const message = `the request body ended after ${sent} of ${bodySize} bytes`;
    socket.destroy(new ServerError('ERR_SCGI_BODY_TRUNCATED', message));
  };
  body.on('data', (chunk: Buffer) => (sent += chunk.length));
  body.once('error', onEnd).once('end', onEnd).once('close', onEnd);
  body.pipe(socket, { end: false });
}
