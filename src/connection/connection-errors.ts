// The errors that a handler can meet on its input, its output and its signal.

import { ServerError } from '../errors.ts';

/** The peer sent nothing, or took nothing, for too long. */
export class RequestTimeoutError extends ServerError {
  readonly phase: 'header' | 'body' | 'send';

  constructor(phase: 'header' | 'body' | 'send', elapsedMs: number) {
    super('ERR_SCGI_TIMEOUT', `the peer made no progress for ${elapsedMs} ms (${phase})`);
    this.phase = phase;
  }
}

/** The peer closed in the middle of the request body. */
export class BodyTruncatedError extends ServerError {
  constructor(expected: number, received: number) {
    super(
      'ERR_SCGI_BODY_TRUNCATED',
      `the request body ended after ${received} of ${expected} bytes: the peer hung up`,
    );
  }
}

/** The peer hung up: nobody waits for the answer. */
export class PeerClosedError extends ServerError {
  constructor() {
    super('ERR_SCGI_PEER_CLOSED', 'the web server closed the connection before it had its answer');
  }
}

/** The worker stops before the request is answered. */
export class StoppingError extends ServerError {
  constructor(reason: string) {
    super('ERR_SCGI_STOPPING', `the worker is stopping: ${reason}`);
  }
}
