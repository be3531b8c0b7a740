// The errors that a handler can meet on its input, its output and its signal.

import { ServerError } from '../errors.ts';

/** The peer sent nothing, or took nothing, for too long; or all of the request took too long. */
export class RequestTimeoutError extends ServerError {
  readonly phase: 'body' | 'send' | 'request';

  constructor(phase: 'body' | 'send' | 'request', elapsedMs: number) {
    const what =
      phase === 'request' ? 'the request took longer than' : 'the peer made no progress for';
    super('ERR_SCGI_TIMEOUT', `${what} ${elapsedMs} ms (${phase})`);
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
