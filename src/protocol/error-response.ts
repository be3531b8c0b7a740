// The documents that the server itself answers with. Pure; they never tell a stack or a path.

import { Buffer } from 'node:buffer';
import { reasonPhrase } from './reason-phrases.ts';

const STATUSES = [400, 403, 404, 405, 408, 413, 421, 431, 500, 503, 504] as const;

/** A status that the server answers with of its own accord. */
export type ErrorStatus = (typeof STATUSES)[number];

/**
 * Returns a complete CGI response (RFC 3875 §6.2.1) for `status`.
 *
 * @param method - the request's method where it is known: HEAD gets no body
 */
export function errorResponse(status: ErrorStatus, method?: string): Buffer {
  const title = `${status} ${reasonPhrase(status)}`;
  const body = `<!doctype html><title>${title}</title><h1>${title}</h1>\n`;
  const extra = status === 503 ? 'Retry-After: 1\r\n' : '';
  const allow = status === 405 ? 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' : '';
  const head =
    `Status: ${title}\r\nContent-Type: text/html; charset=utf-8\r\n${extra}${allow}` +
    `Content-Length: ${body.length}\r\n\r\n`;
  return Buffer.from(method === 'HEAD' ? head : head + body, 'latin1');
}

/** The status for a hint of the protocol layer: what it does not know is a bad request. */
export function toErrorStatus(hint: number): ErrorStatus {
  return STATUSES.find((status) => status === hint) ?? 400;
}
