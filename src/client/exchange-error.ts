// The errors of one exchange with a server, made in one place: given up, broken off, out of time.

import type { Socket } from 'node:net';
import { ServerError } from '../errors.ts';

/** The error of an exchange that its caller gave up: its reason where that is one of ours. */
export function abortError(reason: unknown): ServerError {
  if (reason instanceof ServerError) return reason;
  return new ServerError('ERR_SCGI_PEER_CLOSED', 'the request was given up', { cause: reason });
}

/** Why a connection closed before the answer was complete; our own reasons pass unchanged. */
export function brokenOff(socket: Socket, where: string): ServerError {
  const cause = socket.errored;
  if (cause instanceof ServerError) return cause;
  const why = cause === null ? 'it was closed' : errnoCode(cause);
  return new ServerError('ERR_SCGI_RESPONSE', `the connection broke ${where}: ${why}`, { cause });
}

/** The error of a connection on which nothing moved for as long as its `setTimeout` allows. */
export function stalled(socket: Socket): ServerError {
  const seconds = (socket.timeout ?? 0) / 1000;
  const message = `timed out: nothing came from the server for ${seconds} s`;
  return new ServerError('ERR_SCGI_TIMEOUT', message);
}

/** The system's name of an error, such as `ECONNREFUSED`, or what else there is to say. */
export function errnoCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : String(error);
}
