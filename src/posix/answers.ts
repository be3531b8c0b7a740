// What a system call comes to: a result, an answer that the caller expects, or a PosixError.
// Functions for the hot path return a number: 0 or more is the result, below 0 one of these answers.

import { ERRNO, PosixError } from './errno.ts';
import { loadPosix } from './libc.ts';

/** Nothing there now (EAGAIN): wait until the descriptor is ready. */
export const NOTHING = -1;
/** The connection that waited is gone again: take the next one. */
export const ABORTED = -2;
/** Out of descriptors or kernel memory: back off, and say so. What waits keeps waiting. */
export const EXHAUSTED = -3;
/** The peer's side of this connection has failed: close it. */
export const RESET = -4;
/** The channel takes no more now: keep the connection, choose another worker. */
export const FULL = -5;
/** Nobody is at the channel's other end any more. */
export const GONE = -6;
/** Too many descriptors on their way between processes (ETOOMANYREFS, unix(7)): as {@link FULL}. */
export const IN_FLIGHT_LIMIT = -7;
/** A connection was on its way here, and the kernel closed it: this process has no descriptor free. */
export const TRUNCATED = -8;
/** A message without a connection. */
export const MESSAGE = -9;
/** Interrupted by a signal: never returned, the call is repeated. */
export const REPEAT = -10;

/** Answers by error number. What is not in the table is an exception. */
export type Answers = ReadonlyMap<number, number>;

/** Makes a table of answers. */
export function answers(...rows: readonly [answer: number, ...errnos: number[]][]): Answers {
  return new Map([
    [ERRNO.EINTR, REPEAT],
    ...rows.flatMap(([answer, ...errnos]) => errnos.map((errno) => [errno, answer] as const)),
  ]);
}

/**
 * Returns the answer to the failure of the last call.
 *
 * @param subject - what the call was about; a number is a descriptor (its name is made only if needed)
 * @throws PosixError where the table has none
 */
export function answerTo(call: string, table: Answers, subject: string | number): number {
  const errno = loadPosix().errno();
  return table.get(errno) ?? fail(call, errno, subject);
}

/**
 * Returns the result of a call that has to succeed.
 *
 * @throws PosixError if it is negative
 */
export function check(call: string, result: number, subject: string | number): number {
  return result < 0 ? fail(call, loadPosix().errno(), subject) : result;
}

function fail(call: string, errno: number, subject: string | number): never {
  throw new PosixError(call, errno, typeof subject === 'string' ? subject : `fd ${subject}`);
}
