// What can go wrong with a request, as its exchange sees it.

import type { ErrorStatus } from '../protocol/error-response.ts';
import { ResponseError } from '../protocol/protocol-error.ts';
import { PeerClosedError, RequestTimeoutError } from './connection-errors.ts';
import type { StopOrder } from './open-connections.ts';
import type { OutcomeKind } from './outcome.ts';

export interface Failure {
  kind: OutcomeKind;
  error?: unknown;
  phase?: 'body' | 'send' | 'request';
  /** What is answered while the head is unsent; nothing where nobody is there to read it. */
  status?: ErrorStatus;
}

/** A failure that ends what the handler does, too: its signal fires with the error. */
export type Abort = Failure & { error: Error };

/** The peer went before it had its answer. */
export function hangUp(error: Error = new PeerClosedError()): Abort {
  return { kind: 'aborted', error };
}

/** The peer has not taken anything of the response for too long. */
export function sendTimeout(elapsedMs: number): Abort {
  return { kind: 'timed-out', error: new RequestTimeoutError('send', elapsedMs), phase: 'send' };
}

/** The peer has sent nothing of its body for too long. */
export function bodyTimeout(error: unknown): Failure {
  return { kind: 'timed-out', error, phase: 'body', status: 408 };
}

/** All of the request has taken too long, whoever is to blame. */
export function requestTimeout(elapsedMs: number): Abort {
  const error = new RequestTimeoutError('request', elapsedMs);
  return { kind: 'timed-out', error, phase: 'request', status: 504 };
}

/** Everything ends, for a reason that is not this request's. */
export function stopped({ reason, status }: StopOrder): Abort {
  return { kind: 'stopped', error: reason, status };
}

/** The response ended before its announced length. */
export function shortResponse(missing: number): Failure {
  const error = new Error(`the response ended ${missing} bytes short of its Content-Length`);
  return { kind: 'response-short', error };
}

/** What the handler wrote cannot be sent, or it destroyed its output. */
export function invalidResponse(error: unknown): Failure {
  return { kind: 'response-invalid', error, status: 500 };
}

/**
 * The handler threw or rejected, perhaps only because its streams had failed.
 *
 * @param streams - the errors of its input and its output
 */
export function handlerFailure(
  error: unknown,
  streams: { input: Error | undefined; output: Error | null },
): Failure {
  if (streams.output instanceof ResponseError) return invalidResponse(streams.output);
  if (streams.input instanceof RequestTimeoutError) return bodyTimeout(error);
  return { kind: 'handler-failed', error, status: 500 };
}
