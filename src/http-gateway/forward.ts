// Forwards one HTTP request as an SCGI request and streams its answer back, both with back-pressure.
// What goes wrong before the head of the answer becomes an error page; afterwards the connection is cut,
// so that the browser sees a broken answer and never a seemingly complete one.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ScgiAnswer } from '../client/receive-answer.ts';
import { sendRequest, type ScgiRequest } from '../client/send-request.ts';
import { spool } from '../client/spool.ts';
import { formatListenAddress, type ListenAddress } from '../config/listen-address.ts';
import { ServerError } from '../errors.ts';
import { quote } from '../protocol/quote.ts';
import type { ResponseHead } from '../protocol/response-head-builder.ts';
import { environmentOf, type HttpListener } from './environment.ts';
import { sendErrorPage } from './error-page.ts';

/** Between which ends the gateway forwards. */
export interface ForwardOptions {
  /** The server to ask. */
  readonly target: ListenAddress;
  /** Where the gateway itself listens. */
  readonly listener: HttpListener;
  /** Longest wait without progress, milliseconds. */
  readonly answerTimeoutMs: number;
  /** Takes one line for each request that the server failed. */
  readonly report: (line: string) => void;
}

const CONNECT_TIMEOUT_MS = 5_000;
const MAX_SPOOLED_BYTES = 16 * 1024 * 1024;
/** How long the rest of an upload is read and dropped after an early answer. */
const DISCARD_MS = 5_000;
const EMPTY = Buffer.alloc(0);

/** Forwards one request; never rejects. */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  options: ForwardOptions,
): Promise<void> {
  // When the browser is gone, the server must learn that nobody waits any more.
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.once('finish', () => discardRest(request));
  // What breaks here is noticed by the exchange; without listeners it would end the process.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  try {
    const scgiRequest = await toScgiRequest(request, options.listener, gone.signal);
    if (scgiRequest === undefined) {
      sendErrorPage(response, 413, `A chunked upload may have ${MAX_SPOOLED_BYTES} bytes at most.`);
      return;
    }
    const answer = await sendRequest(options.target, scgiRequest, {
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      answerTimeoutMs: options.answerTimeoutMs,
      idleTimeoutMs: options.answerTimeoutMs,
      signal: gone.signal,
    });
    await sendAnswer(answer, response);
  } catch (error) {
    failRequest(error, response, options);
  }
}

/** Returns undefined for an upload that is too large to be collected. */
async function toScgiRequest(
  request: IncomingMessage,
  listener: HttpListener,
  signal: AbortSignal,
): Promise<ScgiRequest | undefined> {
  const pairs = environmentOf(
    {
      method: request.method ?? '',
      target: request.url ?? '',
      httpVersion: request.httpVersion,
      rawHeaders: request.rawHeaders,
      remoteAddress: request.socket.remoteAddress ?? '',
      remotePort: request.socket.remotePort ?? 0,
    },
    listener,
  );
  if (request.headers['transfer-encoding'] === undefined) {
    const bodySize = Number(request.headers['content-length'] ?? 0);
    return { pairs, body: bodySize === 0 ? EMPTY : request, bodySize };
  }
  // SCGI announces the length first, so a chunked upload must be complete before it is passed on.
  const body = await spool(request, { maxBytes: MAX_SPOOLED_BYTES, signal });
  return body === undefined ? undefined : { pairs, body, bodySize: body.length };
}

async function sendAnswer({ head, body }: ScgiAnswer, response: ServerResponse): Promise<void> {
  try {
    response.writeHead(head.status, head.reason, headersOf(head));
    // The head leaves now, however late the body comes. (flushHeaders() would send it as UTF-8.)
    response.write(EMPTY);
  } catch (cause) {
    body.destroy();
    const message = 'the head of its answer cannot be passed on';
    throw new ServerError('ERR_SCGI_RESPONSE', message, { cause });
  }
  await pipeline(body, response);
}

/** Names and values in turn: so that repeated fields, cookies above all, stay separate lines. */
function headersOf({ status, fields, contentLength }: ResponseHead): string[] {
  const hasLength = contentLength !== undefined && status !== 204;
  return [...fields.flat(), ...(hasLength ? ['Content-Length', String(contentLength)] : [])];
}

function failRequest(error: unknown, response: ServerResponse, options: ForwardOptions): void {
  if (response.headersSent) response.destroy();
  else if (!response.destroyed) sendFailure(response, error, options.target);
  // A browser that left is nobody's fault, and not worth a line.
  if (!isServersFault(error)) return;
  const request = response.req;
  options.report(`${request.method} ${quote(request.url ?? '', 200)}: ${error.message}`);
}

function sendFailure(response: ServerResponse, error: unknown, target: ListenAddress): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof ServerError ? error.code : undefined;
  if (code === 'ERR_SCGI_PROTOCOL') {
    sendErrorPage(response, 400, message);
    return;
  }
  const server = formatListenAddress(target);
  const advice = 'Check that the server runs at this address, and what its log says.';
  sendErrorPage(
    response,
    code === 'ERR_SCGI_TIMEOUT' ? 504 : 502,
    `The development gateway got no answer from the SCGI server at ${server}.\n${message}\n\n${advice}`,
  );
}

function isServersFault(error: unknown): error is ServerError {
  const faults = ['ERR_SCGI_CONNECT', 'ERR_SCGI_TIMEOUT', 'ERR_SCGI_RESPONSE'];
  return error instanceof ServerError && faults.includes(error.code);
}

/** Lets a kept-alive connection reach its next request, or ends it when the upload goes on and on. */
function discardRest(request: IncomingMessage): void {
  if (!request.complete) {
    const timer = setTimeout(() => request.socket.destroy(), DISCARD_MS);
    request.once('close', () => clearTimeout(timer));
  }
  // The exchange may not have let go of it yet, and its pipe would pause it again.
  request.unpipe();
  request.resume();
}
