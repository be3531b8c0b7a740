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
  /**
   * Slot of this worker in the pool, 0-based; a replacement takes the slot of the worker that died.
   * Under inetd, where there is no pool, the id of the process.
   */
  readonly workerId: number;
}

/** The fifth argument of `produce`. */
export interface HandlerContext extends StartContext {
  /** Aborts when nobody waits for the answer any more; `reason` is an error with a stable `code`. */
  readonly signal: AbortSignal;
  /**
   * Name of this request in the log: `HTTP_X_REQUEST_ID`, if the web server sends one, else one that no other
   * request of this server has.
   */
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

/** The third argument of `fetch`. */
export interface FetchContext extends HandlerContext {
  /**
   * Keeps the worker with this request until `promise` has settled, though the answer is out: as long
   * as the worker is not stopped, and that waits for `--graceful-timeout`. A rejection is logged.
   */
  waitUntil(promise: PromiseLike<unknown>): void;
  /** Does nothing. Applications for Cloudflare Workers expect it. */
  passThroughOnException(): void;
  /** Empty, and there for the same reason. */
  readonly props: Record<string, unknown>;
}

/**
 * Answers one request, in terms of the Fetch standard.
 *
 * @param request - the request; GET and HEAD have no body there
 * @param env - meta-variables of the request
 * @param context - abort signal, log, request id, worker id, `waitUntil`
 * @returns a response, or a promise of one
 */
export type Fetch = (
  request: Request,
  env: Environment,
  context: FetchContext,
) => Response | Promise<Response>;

/** What a CGI program finds in `process`, and the console that writes there. */
export interface CgiProcess {
  /** Meta-variables of the request, as text in UTF-8. */
  readonly env: Record<string, string | undefined>;
  /** The path of `node` and that of the handler's file. */
  readonly argv: string[];
  /** The request body. */
  readonly stdin: Readable;
  /** Takes a CGI response. */
  readonly stdout: Writable;
  /** The worker's own: what is written here is in the log. */
  readonly stderr: Writable;
  /** Writes to this `stdout` and `stderr`. */
  readonly console: Console;
}

/**
 * Answers one request in the way of a CGI program.
 *
 * @param cgi - stands in for `process`
 * @param context - abort signal, log, request id, worker id
 * @returns nothing, or a promise; the response ends when it settles. A function that returns nothing
 *   may go on as long as it reads `stdin`
 */
export type ProduceCgilike = (cgi: CgiProcess, context: HandlerContext) => unknown;

/** What a handler may do at the beginning and the end of a worker's life. */
export interface LifeCycle {
  /** Runs once before the worker takes requests, bounded by `--boot-timeout`: open pools here. */
  start?(context: StartContext): unknown;
  /** Runs once when the worker drains, bounded by `--graceful-timeout`: close pools here. */
  stop?(reason: string): unknown;
}

/** A handler with its life cycle: what a module, a class instance or an object amounts to. */
export interface Handler extends LifeCycle {
  produce: Produce;
}

/** An object that answers in terms of the Fetch standard, such as an application of Hono. */
export interface FetchHandler extends LifeCycle {
  fetch: Fetch;
}

/** A request whose body nobody has read yet. */
export interface UnreadRequest {
  readonly env: Environment;
  /** Length of the body, bytes. */
  readonly bodySize: number;
}

/** A handler of the server's own that can do without its streams. */
export interface ConnectionHandler extends Handler {
  /**
   * Answers on the connection itself, a descriptor of which the header block and nothing else has been
   * read.
   *
   * @returns a promise that settles when the connection is needed no more; `undefined` if this request is
   *   to be given to `produce` instead, and the connection was not touched
   */
  serveOn?(
    connection: number,
    request: UnreadRequest,
    context: HandlerContext,
  ): Promise<void> | undefined;
}
