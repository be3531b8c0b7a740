// What a fetch handler returns, written as a CGI response.

import type { Writable } from 'node:stream';
import { isObject, kindOf, methodOf } from './exported.ts';
import type { HandlerContext } from './handler.ts';

type HeadersLike = NonNullable<ConstructorParameters<typeof Headers>[0]> & {
  getSetCookie?(): string[];
};

/** What counts as a Response: also one of another library, or of another realm. */
interface ResponseLike {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: HeadersLike;
  readonly body: ReadableStream | AsyncIterable<unknown> | null | undefined;
  readonly bodyUsed?: boolean;
  readonly url?: string;
}

/**
 * Takes what a handler has returned for a response.
 *
 * @throws TypeError that says what it is instead
 */
export function toResponse(returned: unknown): ResponseLike {
  if (returned instanceof Response || isResponseLike(returned)) return returned;
  throw new TypeError(`expected fetch() to return a Response, got ${kindOf(returned)}`);
}

/** Where a response goes. */
interface Destination {
  readonly output: Writable;
  readonly context: HandlerContext;
  /** The body is not asked for. */
  readonly isHead: boolean;
}

/**
 * Sends a response, its body as fast as it is taken. When nobody waits for it any more, the body is
 * cancelled and the response cut.
 *
 * @returns when all has been written
 */
export async function sendResponse(
  response: ResponseLike,
  { output, context, isHead }: Destination,
): Promise<void> {
  const body = bodyOf(response);
  output.write(headOf(response), 'latin1');
  if (body === undefined) return;
  const reader = body.getReader();
  if (isHead) return cancel(reader);
  const watch = setImmediate(() => stopWithPeer(reader, output, context));
  try {
    await copy(reader, output);
  } catch (error) {
    cancel(reader);
    throw error;
  } finally {
    clearImmediate(watch);
  }
}

/** Nobody waits for it any more: what its body is made of learns of that. */
export function discardResponse(returned: unknown): void {
  if (isResponseLike(returned) && isStream(returned.body)) cancel(returned.body);
}

/** Most responses end in the turn of the event loop in which they began, and need none of this. */
function stopWithPeer(
  reader: ReadableStreamDefaultReader,
  output: Writable,
  { signal }: HandlerContext,
): void {
  output.once('close', () => cancel(reader));
  if (output.destroyed) cancel(reader);
  else if (signal.aborted) output.destroy();
  else signal.addEventListener('abort', () => output.destroy(), { once: true });
}

/** Whatever the body makes of that, nobody reads it any more. */
function cancel(body: ReadableStreamDefaultReader | ReadableStream): void {
  body.cancel().catch(() => {});
}

function isResponseLike(value: unknown): value is ResponseLike {
  if (!isObject(value)) return false;
  const { status, headers, body } = value;
  const isBody = body === null || body === undefined || isStream(body) || isIterable(body);
  return typeof status === 'number' && isObject(headers) && isBody;
}

function isStream(body: unknown): body is ReadableStream {
  return methodOf(body, 'getReader') !== undefined;
}

function isIterable(body: unknown): body is AsyncIterable<unknown> {
  return isObject(body) && Symbol.asyncIterator in body;
}

function bodyOf({ body, bodyUsed }: ResponseLike): ReadableStream | undefined {
  if (body === null || body === undefined) return undefined;
  const stream = isStream(body) ? body : ReadableStream.from(body);
  if (bodyUsed !== true && !stream.locked) return stream;
  throw new TypeError(
    'the body of the Response is used already: return a new Response for every request',
  );
}

/** What may stand behind a status (RFC 9112 §4); only Node's own Response makes sure of it. */
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

function headOf(response: ResponseLike): string {
  const { status, statusText = '' } = response;
  let head = `Status: ${status} ${REASON.test(statusText) ? statusText : ''}\r\n`;
  for (const [name, value] of headersOf(response)) head += `${name}: ${value}\r\n`;
  return `${head}\r\n`;
}

function headersOf({ headers: given, url }: ResponseLike): Headers {
  const headers = given instanceof Headers ? given : toHeaders(given);
  return url && headers.has('content-encoding') ? withoutEncoding(headers) : headers;
}

/** Checks them, whoever has made them. */
function toHeaders(given: HeadersLike): Headers {
  const headers = new Headers(given);
  const cookies = given.getSetCookie?.();
  if (cookies === undefined) return headers;
  headers.delete('set-cookie');
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return headers;
}

/** What the global fetch() has received, it has decoded: neither of these is true any more. */
function withoutEncoding(received: Headers): Headers {
  const headers = new Headers(received);
  headers.delete('content-encoding');
  headers.delete('content-length');
  return headers;
}

async function copy(reader: ReadableStreamDefaultReader, output: Writable): Promise<void> {
  // A body that always has more would else keep the event loop from ever turning.
  while (!output.destroyed) {
    const { done, value } = (await reader.read()) as { done: boolean; value: unknown };
    if (done) return;
    if (!(value instanceof Uint8Array)) {
      throw new TypeError(
        `expected the body of the Response to be bytes (Uint8Array), got a piece that is ${kindOf(value)}`,
      );
    }
    if (!output.write(value)) await hasRoom(output);
  }
  cancel(reader);
}

/** Resolves when more can be written, or when nobody takes it any more. */
function hasRoom(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      output.off('drain', done).off('close', done);
      resolve();
    };
    if (output.destroyed) done();
    else output.once('drain', done).once('close', done);
  });
}
