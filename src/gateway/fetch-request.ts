// The request that a fetch handler is given, made of the meta-variables.

import type { Readable } from 'node:stream';
import { headerField, requestTarget } from '../protocol/meta-variables.ts';
import { quote } from '../protocol/quote.ts';
import type { Environment, HandlerContext } from './handler.ts';

/** A request as the handler contract has it. */
export interface Asked {
  readonly env: Environment;
  readonly bodySize: number;
  readonly input: Readable;
  readonly context: HandlerContext;
}

/** Stands in a URL where neither the user agent nor the web server has named a host. */
const NO_HOST = 'localhost';

/** What a URL parser would drop, take for a slash, or take for text instead of bytes. */
const UNSAFE_IN_PATH = /[\0-\x20\\\x7f-\xff]/g;
const UNSAFE_IN_QUERY = /[\0-\x20\x7f-\xff]/g;

/** Its declaration lets nobody replace these two. */
const RequestBase = Request as new (
  ...args: ConstructorParameters<typeof Request>
) => Omit<Request, 'signal' | 'clone'>;

/**
 * A Request whose signal is that of the handler's context, asked for only when somebody looks at it: to
 * have a Request follow a signal costs more than to make all the rest of it.
 */
class IncomingRequest extends RequestBase {
  readonly #context: HandlerContext;

  constructor(url: string, init: RequestInit, context: HandlerContext) {
    super(url, init);
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }

  clone(): Request {
    return new Request(Request.prototype.clone.call(this), { signal: this.signal });
  }
}

/**
 * Makes a Request whose body has not begun to come.
 *
 * GET and HEAD have none there: theirs is left unread.
 *
 * @param mount - where the application is mounted; what follows is the path of the URL
 * @throws TypeError for what a Request cannot be: a method or a host that the standard does not know
 */
export function createRequest({ env, bodySize, input, context }: Asked, mount: string): Request {
  const method = env['REQUEST_METHOD'] ?? 'GET';
  const hasBody = bodySize > 0 && method !== 'GET' && method !== 'HEAD';
  const headers = headersOf(env, hasBody ? bodySize : undefined);
  const init: RequestInit = hasBody
    ? { method, headers, body: ReadableStream.from(input), duplex: 'half' }
    : { method, headers };
  const request: Request = new IncomingRequest(urlOf(env, mount), init, context);
  // The standard makes GET of get, which a web server may have let through as a method of another name.
  if (request.method !== method) throw new TypeError(`${quote(method)} is no method of HTTP`);
  return request;
}

function headersOf(env: Environment, length: number | undefined): [string, string][] {
  const headers: [string, string][] = [];
  for (const variable in env) {
    const field = headerField(variable);
    if (field !== undefined) headers.push([field, env[variable] ?? '']);
  }
  // Web servers send an empty one for "none".
  if (env['CONTENT_TYPE']) headers.push(['content-type', env['CONTENT_TYPE']]);
  if (length !== undefined) headers.push(['content-length', String(length)]);
  return headers;
}

function urlOf(env: Environment, mount: string): string {
  const { scheme, host = NO_HOST, path, query } = requestTarget(env, mount);
  const search = query === undefined ? '' : `?${query.replaceAll(UNSAFE_IN_QUERY, escapeByte)}`;
  return `${scheme}://${host}${withSlash(path).replaceAll(UNSAFE_IN_PATH, escapeByte)}${search}`;
}

/** An asterisk would become part of the host. */
function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
