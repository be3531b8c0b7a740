// What the meta-variables say about the HTTP request: its header fields and its target.
// Pure and lenient: the values are the client's raw text, so nothing here ever throws.

import type { Environment } from './environment.ts';
import { remembered } from './name-cache.ts';
import { decodePath } from './request-path.ts';

/** Header fields that speak of the hop between user agent and web server, or of a framing that is gone. */
const HIDDEN_FIELDS: ReadonlySet<string> = new Set([
  // These two are taken from CONTENT_TYPE and CONTENT_LENGTH only.
  'content-type',
  'content-length',
  'transfer-encoding',
  'te',
  'connection',
  'keep-alive',
  'expect',
  // Nothing here can tunnel, so an upgrade must not be tried.
  'upgrade',
]);

/**
 * Returns the header fields of the HTTP request (RFC 3875 §4.1.18).
 *
 * @returns a record without a prototype: lower-case field names to latin-1 strings, without the
 *   fields of the hop; `content-type` is absent where `CONTENT_TYPE` is empty
 */
export function headersFromEnvironment(env: Environment): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (const name in env) {
    const field = headerField(name);
    if (field !== undefined) headers[field] = env[name] ?? '';
  }
  // Web servers send an empty one for "none".
  if (env['CONTENT_TYPE']) headers['content-type'] = env['CONTENT_TYPE'];
  if (env['CONTENT_LENGTH']) headers['content-length'] = env['CONTENT_LENGTH'];
  return headers;
}

/**
 * Returns the header field that a meta-variable holds, in lower case; `undefined` for any other
 * variable, and for a field of the hop.
 */
export const headerField: (variable: string) => string | undefined = remembered(toField);

function toField(variable: string): string | undefined {
  if (!variable.startsWith('HTTP_') || variable.length === 5) return undefined;
  const field = variable.slice(5).replaceAll('_', '-').toLowerCase();
  return HIDDEN_FIELDS.has(field) ? undefined : field;
}

/** The target of a request; strings are latin-1, escapes are left as they are. */
export interface RequestTarget {
  scheme: 'http' | 'https';
  /** Host and, where given, port; syntactically valid, but chosen by the user agent. */
  host: string | undefined;
  /** Starts with a slash, or is `*`. Not normalised: it can start with `//`, hold `..` or malformed escapes. */
  path: string;
  /** Without the question mark; `undefined` when there was none. */
  query: string | undefined;
}

/**
 * Returns what was requested. Build a URL from it by concatenation, never by resolving: a path like
 * `//evil.example/p` would name another host.
 *
 * `REQUEST_URI` is used where it is sent (absolute-form and fragment accepted), else `SCRIPT_NAME`,
 * `PATH_INFO` and `QUERY_STRING`.
 *
 * @param mount - where the application is mounted, as `enterMount` has put it into `env`: its path is
 *   what follows
 */
export function requestTarget(env: Environment, mount: string = ''): RequestTarget {
  const { scheme, host } = requestOrigin(env);
  return { scheme, host, ...targetBelow(env, mount) };
}

/** Returns scheme and host of the {@link requestTarget}. */
export function requestOrigin(env: Environment): Pick<RequestTarget, 'scheme' | 'host'> {
  const scheme = isSecure(env) ? 'https' : 'http';
  return { scheme, host: hostOf(env, scheme) };
}

/** Whether the user agent has spoken TLS with the web server. */
export function isSecure(env: Environment): boolean {
  return /^(?:on|1)$/i.test(env['HTTPS'] ?? '') || env['REQUEST_SCHEME'] === 'https';
}

/**
 * Returns path and query of the {@link requestTarget} as they stand in a request line.
 *
 * @param mount - as for `requestTarget`
 */
export function requestLineTarget(env: Environment, mount: string = ''): string {
  const uri = env['REQUEST_URI'];
  // Nearly always it is that already.
  if (mount === '' && uri?.startsWith('/') === true && !uri.includes('#')) return uri;
  const { path, query } = targetBelow(env, mount);
  return query === undefined ? path : `${path}?${query}`;
}

type PathAndQuery = Pick<RequestTarget, 'path' | 'query'>;

function targetBelow(env: Environment, mount: string): PathAndQuery {
  const { path, query } = pathAndQuery(env);
  return { path: pathBelow(path, mount, env), query };
}

/** Path and query of the target as they were sent. */
export function pathAndQuery(env: Environment): PathAndQuery {
  const uri = env['REQUEST_URI'];
  if (!uri) {
    const path = escapePath((env['SCRIPT_NAME'] ?? '') + (env['PATH_INFO'] ?? ''));
    return { path: withSlashOrAll(path), query: env['QUERY_STRING'] || undefined };
  }
  const target = uri.startsWith('/') ? uri : uri.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
  const fragment = target.indexOf('#');
  const end = fragment === -1 ? target.length : fragment;
  const mark = target.slice(0, end).indexOf('?');
  if (mark === -1) return { path: withSlashOrAll(target.slice(0, end)), query: undefined };
  return { path: withSlashOrAll(target.slice(0, mark)), query: target.slice(mark + 1, end) };
}

/** Whoever resolves it may leave the mount, or stay in it where the web server has left it. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** Leaves the mount out. What hides it (`//app`, `/a/../app`) is taken as the web server has resolved it. */
function pathBelow(path: string, mount: string, env: Environment): string {
  if (mount === '') return path;
  const end = endOfSegments(path, mount.split('/').length - 1);
  const start = path.slice(0, end);
  const isPlain = start === mount || decodePath(start) === mount;
  if (!isPlain || DOT_SEGMENT.test(path)) return withSlash(escapePath(env['PATH_INFO'] ?? ''));
  return withSlash(path.slice(end));
}

/** Returns the index just behind so many segments, or the end. */
function endOfSegments(path: string, count: number): number {
  let at = 0;
  for (let i = 0; i < count && at !== -1; i++) at = path.indexOf('/', at + 1);
  return at === -1 ? path.length : at;
}

/** Appended to a host, a path without its slash would become part of the name. */
function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** `OPTIONS *` is about the server as a whole (RFC 9110 §9.3.7), and no path. */
function withSlashOrAll(path: string): string {
  return path === '*' ? path : withSlash(path);
}

/** Escapes every byte that may not stand in a path (RFC 3986 §3.3). */
export function escapePath(path: string): string {
  return path.replace(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{0,5})?$/i;

/** Whether it is a host, perhaps with a port: nothing that could run into the rest of a URL. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** The host that the web server calls itself, an IPv6 address in brackets; empty if it does not. */
export function serverName(env: Environment): string {
  const name = env['SERVER_NAME'] ?? '';
  return name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
}

function hostOf(env: Environment, scheme: 'http' | 'https'): string | undefined {
  const sent = env['HTTP_HOST'];
  if (sent !== undefined && isHost(sent)) return sent;
  const host = serverName(env);
  const port = env['SERVER_PORT'] ?? '';
  const isDefault = port === '' || port === (scheme === 'https' ? '443' : '80');
  const authority = isDefault ? host : `${host}:${port}`;
  return isHost(authority) ? authority : undefined;
}
