// The handler contract: what an application module offers and what it is given. Types only.

import type { Readable, Writable } from 'node:stream';

/**
 * Meta-variables of one request (RFC 3875 §4.1), as the web server sent them.
 *
 * A record without a prototype. Names and values are latin-1 strings: each character is one byte.
 * Repeated names are merged, and `HTTP_PROXY` is dropped (it would steer HTTP clients). With `--mount`,
 * `SCRIPT_NAME` is the mount and `PATH_INFO` what follows it.
 */
export type Environment = Record<string, string | undefined>;

/** Writes into the server's log; every line carries the worker and, inside a request, its id. */
export interface HandlerLog {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What `start` and the constructor of a handler class are given. */
export interface StartContext {
  readonly log: HandlerLog;
  /** Slot of this worker in the pool, 0-based; a replacement takes the slot of the worker that died. */
  readonly workerId: number;
}

/** The fifth argument of `produce`. */
export interface HandlerContext extends StartContext {
  /** Aborts when nobody waits for the answer any more; `reason` is an error with a stable `code`. */
  readonly signal: AbortSignal;
  /** Unique name of this request in the log. */
  readonly requestId: string;
}

/**
 * Answers one request.
 *
 * @param env - meta-variables of the request
 * @param bodySize - length of the request body, bytes
 * @param input - the request body: at most `bodySize` bytes, then end of file
 * @param output - takes a CGI response (RFC 3875 §6): header fields, a blank line, the body
 * @param context - abort signal, log, request id, worker id
 * @returns nothing, or a promise; the response ends when it settles
 */
// oxlint-disable-next-line max-params -- the contract's shape, that of the reference server
export type Produce = (
  env: Environment,
  bodySize: number,
  input: Readable,
  output: Writable,
  context: HandlerContext,
) => unknown;

/** A handler with its life cycle: what a module, a class instance or an object amounts to. */
export interface Handler {
  produce: Produce;
  /** Runs once before the worker takes requests, bounded by `--boot-timeout`: open pools here. */
  start?(context: StartContext): unknown;
  /** Runs once when the worker drains, bounded by `--graceful-timeout`: close pools here. */
  stop?(reason: string): unknown;
}
