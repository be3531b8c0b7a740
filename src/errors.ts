// The base of every error this package throws on purpose. Knows nothing else.

/** Every machine-readable error code; stable across releases. */
export type ErrorCode =
  | 'ERR_SCGI_PROTOCOL'
  | 'ERR_SCGI_RESPONSE'
  | 'ERR_SCGI_TIMEOUT'
  | 'ERR_SCGI_BODY_TRUNCATED'
  | 'ERR_SCGI_PEER_CLOSED'
  | 'ERR_SCGI_STOPPING'
  | 'ERR_SCGI_HANDLER_MISSING'
  | 'ERR_SCGI_HANDLER_LOAD'
  | 'ERR_SCGI_PROGRAM'
  | 'ERR_SCGI_CONFIG'
  | 'ERR_SCGI_LISTEN'
  | 'ERR_SCGI_CONNECT'
  | 'ERR_SCGI_POSIX'
  | 'ERR_SCGI_INTERNAL';

/** Base class of the package's own errors: a stable `code`, a message for people, the `cause` kept. */
export class ServerError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** An impossible state was reached: a bug of this program, never of its input. */
export class InternalError extends ServerError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SCGI_INTERNAL', message, options);
  }
}
