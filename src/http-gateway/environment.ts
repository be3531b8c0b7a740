// From an HTTP request to SCGI meta-variables (RFC 3875 §4.1), in the shape of nginx's stock scgi_params.
// Pure: plain data in, pairs out. CONTENT_LENGTH and SCGI are the encoder's business.

import { ServerError } from '../errors.ts';
import { decodePath } from '../protocol/request-path.ts';

/** What of an HTTP request the meta-variables are made from; all strings are latin-1. */
export interface HttpRequest {
  readonly method: string;
  /** Request target as it stood in the request line: origin form or absolute form. */
  readonly target: string;
  /** `1.0` or `1.1`. */
  readonly httpVersion: string;
  /** Names and values in turn, as they arrived. */
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Where the gateway itself listens. */
export interface HttpListener {
  readonly host: string;
  readonly port: number;
}

/** One meta-variable: name, value. */
export type MetaVariable = readonly [name: string, value: string];

/** Headers about one hop or about the framing that ends here (RFC 9110 §7.6.1), and `Proxy` (httpoxy). */
const DROPPED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'proxy',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Names that map to HTTP_* without ambiguity: `X_Real_IP` must not pass for `X-Real-IP`. */
const PLAIN_NAME = /^[A-Za-z0-9-]+$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/i;
const HOST_AND_PORT = /^(\[[0-9A-Fa-f:.]+\]|[^:\s/[\]]+)(?::\d*)?$/;

/**
 * Builds the meta-variables of one request.
 *
 * @throws ServerError `ERR_SCGI_PROTOCOL` for a request that a front server would answer with 400
 */
export function environmentOf(request: HttpRequest, listener: HttpListener): MetaVariable[] {
  const headers = collectHeaders(request.rawHeaders);
  const { authority, uri, path, query } = splitTarget(request.target);
  // The target's host wins over the Host header (RFC 9112 §3.2.2).
  if (authority !== undefined) headers.set('host', [authority]);
  const hosts = headers.get('host') ?? [];
  if (hosts.length > 1) throw badRequest('more than one Host header');

  const dropped = new Set([...DROPPED, ...connectionOptions(headers)]);
  return [
    ['REQUEST_METHOD', request.method],
    ['REQUEST_URI', uri],
    ['QUERY_STRING', query],
    ['CONTENT_TYPE', headers.get('content-type')?.[0] ?? ''],
    ['SCRIPT_NAME', ''],
    ['PATH_INFO', path],
    ['DOCUMENT_URI', path],
    ['SERVER_PROTOCOL', `HTTP/${request.httpVersion}`],
    ['SERVER_SOFTWARE', 'scgi-server'],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['REQUEST_SCHEME', 'http'],
    ['REMOTE_ADDR', request.remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '')],
    ['REMOTE_PORT', String(request.remotePort)],
    ['SERVER_NAME', HOST_AND_PORT.exec(hosts[0] ?? '')?.[1] ?? listener.host],
    ['SERVER_PORT', String(listener.port)],
    ...httpVariables(headers, dropped),
  ];
}

function collectHeaders(rawHeaders: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  return headers;
}

function splitTarget(target: string): {
  authority: string | undefined;
  uri: string;
  path: string;
  query: string;
} {
  const absolute = ABSOLUTE_FORM.exec(target);
  const rest = absolute?.[2] ?? target;
  const uri = absolute !== null && !rest.startsWith('/') ? `/${rest}` : rest;
  // A fragment has no business in a request; nginx drops it from everything but REQUEST_URI.
  const visible = uri.split('#', 1)[0] ?? '';
  const mark = visible.indexOf('?');
  const path = decodePath(mark < 0 ? visible : visible.slice(0, mark));
  if (path === undefined) throw badRequest('the path of the request target is malformed');
  return {
    authority: absolute?.[1],
    uri,
    path,
    query: mark < 0 ? '' : visible.slice(mark + 1),
  };
}

function connectionOptions(headers: ReadonlyMap<string, string[]>): string[] {
  const options = (headers.get('connection') ?? []).join(',').split(',');
  return options.map((option) => option.trim().toLowerCase());
}

function httpVariables(
  headers: ReadonlyMap<string, string[]>,
  dropped: ReadonlySet<string>,
): MetaVariable[] {
  return [...headers]
    .filter(([name]) => PLAIN_NAME.test(name) && !dropped.has(name))
    .map(([name, values]) => [
      `HTTP_${name.toUpperCase().replaceAll('-', '_')}`,
      values.join(name === 'cookie' ? '; ' : ', '),
    ]);
}

function badRequest(what: string): ServerError {
  return new ServerError('ERR_SCGI_PROTOCOL', `bad HTTP request: ${what}`);
}
