// Asks a running server through its control socket.

import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import { formatDuration } from '../config/units.ts';
import { ServerError } from '../errors.ts';
import { errnoCode } from './exchange-error.ts';

export interface ControlAnswer {
  /** Of HTTP. */
  status: number;
  body: string;
}

/** Answers that take longer show signs of life. */
const SILENT_FOR_MS = 10_000;
/** Any answer is shorter, bytes. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Between the last words of a server and the end of its process, milliseconds. */
const GONE_WITHIN_MS = 3_000;

export class ControlClient {
  readonly #path: string;
  /** One connection for all questions. */
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @param path - of the control socket */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Asks, and waits for the whole answer: as long as that takes, if the server shows that it lives.
   *
   * @throws ServerError `ERR_SCGI_CONNECT` when there is no server, or none any more; `ERR_SCGI_TIMEOUT`
   *   when it does not answer
   */
  async ask(method: 'GET' | 'POST', target: string): Promise<ControlAnswer> {
    const response = await this.#send(method, target);
    return { status: response.statusCode ?? 0, body: await this.#read(response) };
  }

  /** The same, and waits for the end of the server that has answered; for a while. */
  async askLast(method: 'GET' | 'POST', target: string): Promise<ControlAnswer> {
    const response = await this.#send(method, target);
    const { socket } = response;
    const isGone = new Promise<void>((resolve) => {
      socket.once('close', resolve);
    });
    const body = await this.#read(response);
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GONE_WITHIN_MS);
    });
    await Promise.race([isGone, enough]);
    clearTimeout(timer);
    return { status: response.statusCode ?? 0, body };
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, target: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request({
        socketPath: this.#path,
        agent: this.#agent,
        method,
        path: target,
        timeout: SILENT_FOR_MS,
        headers: { Host: 'localhost', ...(method === 'POST' && { 'Content-Length': '0' }) },
      });
      sent.once('response', resolve);
      sent.once('timeout', () => sent.destroy(this.#silence()));
      sent.on('error', (cause) => reject(this.#explain(cause)));
      sent.end();
    });
  }

  async #read(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    response.setTimeout(SILENT_FOR_MS, () => response.destroy(this.#silence()));
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > MOST_BYTES) throw this.#nonsense(`it is longer than ${MOST_BYTES} bytes`);
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.#explain(error);
    }
    return Buffer.concat(chunks).toString();
  }

  #silence(): ServerError {
    const limit = formatDuration(SILENT_FOR_MS);
    const message = `${this.#path}: the server has not answered for ${limit}: its master is busy or stopped`;
    return new ServerError('ERR_SCGI_TIMEOUT', message);
  }

  #nonsense(what: string): ServerError {
    const message = `${this.#path}: the answer is none of scgi-server: ${what}`;
    return new ServerError('ERR_SCGI_RESPONSE', message);
  }

  #explain(cause: unknown): ServerError {
    if (cause instanceof ServerError) return cause;
    const code = errnoCode(cause);
    if (code.startsWith('HPE_')) return this.#nonsense((cause as Error).message);
    const message = `cannot reach the server at ${this.#path}: ${CAUSES[code] ?? code}`;
    return new ServerError('ERR_SCGI_CONNECT', message, { cause });
  }
}

const CAUSES: Record<string, string> = {
  ENOENT: 'there is no such socket; is the server running, and with this --control?',
  ENOTDIR: 'there is no such socket; is this the path that the server was given?',
  ECONNREFUSED: 'nobody listens there any more: the server that made the socket is gone',
  EACCES: "permission denied; only the user of the server's master, and root, may use it",
  ENOTSOCK: 'that is no socket',
  EAGAIN: 'too many others are asking it; try again',
  ECONNRESET: 'it went away before it had answered, or too many others are asking it',
  EPIPE: 'it went away before it had answered',
};
