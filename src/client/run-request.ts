// What the request command does: sends one request, prints the answer, and sums it up in an exit code.

import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ListenAddress } from '../config/listen-address.ts';
import { formatDuration } from '../config/units.ts';
import { type ErrorCode, ServerError } from '../errors.ts';
import { encodeResponseHead } from '../protocol/response-head.ts';
import { errnoCode } from './exchange-error.ts';
import type { ScgiAnswer } from './receive-answer.ts';
import { requestVariables, type RequestDescription } from './request-variables.ts';
import { sendRequest, type ScgiRequest } from './send-request.ts';
import { spool } from './spool.ts';

/** What to send, where to, and what to do with the answer. */
export interface RequestOptions extends Omit<RequestDescription, 'hasBody'> {
  readonly address: ListenAddress;
  /** Body: text, `@FILE`, or `@-` for standard input. */
  readonly data?: string | undefined;
  /** Print the head as well. */
  readonly include: boolean;
  /** File for the answer, instead of standard output. */
  readonly output?: string | undefined;
  /** Bound of the whole exchange, milliseconds. */
  readonly maxTimeMs: number;
}

/** The streams of the process. */
export interface RequestStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

type Body = Pick<ScgiRequest, 'body' | 'bodySize'>;

/** As a value of `data`. */
const STDIN = '@-';

/** The answer's status is 400 or above; the number is that of `curl --fail`. */
const EXIT_HTTP_ERROR = 22;
const FIRST_ERROR_STATUS = 400;

/** From sysexits(3), as far as they fit: usage, unavailable, temporary failure, protocol. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  ERR_SCGI_CONFIG: 64,
  ERR_SCGI_BODY_TRUNCATED: 64,
  ERR_SCGI_CONNECT: 69,
  ERR_SCGI_TIMEOUT: 75,
  ERR_SCGI_RESPONSE: 76,
};

const CONNECT_TIMEOUT_MS = 5_000;
/** Standard input is read whole before it is sent: SCGI announces the length first. */
const MAX_STDIN_BYTES = 256 * 1024 * 1024;

/**
 * Sends one request and prints its answer; what goes wrong is one line on `stderr`.
 *
 * @returns the exit code: 0 for a status below 400, 22 for others, 64 usage, 69 cannot connect, 75
 * timed out, 76 no valid answer
 */
export async function runRequest(
  options: RequestOptions,
  streams: RequestStreams,
): Promise<number> {
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    const message = `timed out: no complete answer within ${formatDuration(options.maxTimeMs)}`;
    timeout.abort(new ServerError('ERR_SCGI_TIMEOUT', message));
  }, options.maxTimeMs);
  try {
    const status = await exchange(options, streams, timeout.signal);
    return status < FIRST_ERROR_STATUS ? 0 : EXIT_HTTP_ERROR;
  } catch (error) {
    const exitCode = error instanceof ServerError ? EXIT_CODES[error.code] : undefined;
    if (exitCode === undefined) throw error;
    streams.stderr.write(`scgi-server: ${(error as ServerError).message}\n`);
    return exitCode;
  } finally {
    clearTimeout(timer);
    // An open standard input would keep the process alive.
    if (options.data === STDIN) streams.stdin.destroy();
  }
}

/** Returns the status of the answer. */
async function exchange(
  options: RequestOptions,
  { stdin, stdout }: RequestStreams,
  signal: AbortSignal,
): Promise<number> {
  const { address, data, maxTimeMs } = options;
  const pairs = requestVariables({ ...options, hasBody: data !== undefined });
  const body = data === STDIN ? await readStdin(stdin, signal) : await openBody(data ?? '');
  const limits = {
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: maxTimeMs,
    idleTimeoutMs: maxTimeMs,
  };
  try {
    const answer = await sendRequest(address, { pairs, ...body }, { ...limits, signal });
    await print(answer, options, stdout);
    return answer.head.status;
  } finally {
    if (!Buffer.isBuffer(body.body)) body.body.destroy();
  }
}

async function readStdin(stdin: Readable, signal: AbortSignal): Promise<Body> {
  const body = await spool(stdin, { maxBytes: MAX_STDIN_BYTES, signal });
  if (body !== undefined) return { body, bodySize: body.length };
  const message = `standard input has more than ${MAX_STDIN_BYTES} bytes; name a file with --data @FILE`;
  throw new ServerError('ERR_SCGI_CONFIG', message);
}

async function openBody(data: string): Promise<Body> {
  if (data.startsWith('@')) return openFile(data.slice(1));
  const body = Buffer.from(data);
  return { body, bodySize: body.length };
}

async function openFile(path: string): Promise<Body> {
  const file = await open(path).catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
  const stats = await file.stat();
  // A pipe has no length: that is what @- is for.
  if (stats.isFile()) return { body: file.createReadStream(), bodySize: stats.size };
  await file.close();
  throw new ServerError('ERR_SCGI_CONFIG', `cannot read ${path}: it is not a regular file`);
}

async function print(answer: ScgiAnswer, options: RequestOptions, stdout: Writable): Promise<void> {
  const { head, body } = answer;
  const { output } = options;
  const file = output === undefined || output === '-' ? undefined : createWriteStream(output);
  const target = file ?? stdout;
  if (options.include) target.write(encodeResponseHead(head, head.contentLength), 'latin1');
  try {
    await pipeline(body, target, { end: file !== undefined });
  } catch (error) {
    if (error instanceof ServerError) throw error;
    // Whoever reads our output has seen enough, as `head` does.
    if (file === undefined && errnoCode(error) === 'EPIPE') return;
    throw fileError('write', output ?? 'standard output', error);
  }
}

function fileError(verb: 'read' | 'write', path: string, cause: unknown): ServerError {
  return new ServerError('ERR_SCGI_CONFIG', `cannot ${verb} ${path}: ${errnoCode(cause)}`, {
    cause,
  });
}
