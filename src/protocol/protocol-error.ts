// The two ways in which bytes can be wrong: a request of the web server, a response of a handler.

import { ServerError } from '../errors.ts';

/** Where and how a request went wrong. */
export interface ProtocolErrorDetails extends ErrorOptions {
  /** Place of the first offending byte, counted from the first byte of the connection, 0-based. */
  offset: number;
  /** HTTP status that says it best. @defaultValue 400 */
  statusHint?: 400 | 413 | 431;
  /** The probable misconfiguration of the web server, one sentence. */
  hint?: string | undefined;
}

/** The bytes of a request break the SCGI specification, or a limit; `code` is `ERR_SCGI_PROTOCOL`. */
export class ProtocolError extends ServerError {
  /** Place of the first offending byte, counted from the first byte of the connection, 0-based. */
  readonly offset: number;
  /** HTTP status that says it best: 400, 413 or 431. */
  readonly statusHint: number;
  /** The probable misconfiguration of the web server, one sentence; `undefined` when nothing points to one. */
  readonly hint: string | undefined;

  constructor(message: string, details: ProtocolErrorDetails) {
    super('ERR_SCGI_PROTOCOL', message, details);
    this.offset = details.offset;
    this.statusHint = details.statusHint ?? 400;
    this.hint = details.hint;
  }
}

/**
 * What a handler wrote cannot be sent; `code` is `ERR_SCGI_RESPONSE`. It is only thrown before the
 * head is sent, so a 500 can be sent instead.
 */
export class ResponseError extends ServerError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SCGI_RESPONSE', message, options);
  }
}
