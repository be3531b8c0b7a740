// The control server: HTTP for whoever operates the server, on a Unix socket. It trusts nobody with more
// than its bounds: connections, sizes and waits are all limited.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Operations } from '../operations.ts';
import type { Reply } from './route.ts';
import { escapeJson } from '../text-format.ts';
import { RequestError } from './route.ts';
import { findRoute } from './routes.ts';

/** Scripts, a monitor, a few people: who comes on top of these is closed at once. */
const MOST_CONNECTIONS = 32;
const MOST_HEADER_BYTES = 8 * 1024;
const HEADERS_WITHIN_MS = 5_000;
const REQUEST_WITHIN_MS = 10_000;
/** A peer that is silent for longer is cut, milliseconds; answers that take longer show signs of life. */
const SILENT_FOR_MS = 10_000;
const SIGN_OF_LIFE_EVERY_MS = 1_000;

export class ControlServer {
  readonly server: Server;
  readonly #connections = new Set<Socket>();
  /** They wait for the end of the server. */
  readonly #atEnd = new Set<ServerResponse>();
  #operations: Operations | undefined;

  constructor() {
    this.server = createServer(
      {
        maxHeaderSize: MOST_HEADER_BYTES,
        headersTimeout: HEADERS_WITHIN_MS,
        requestTimeout: REQUEST_WITHIN_MS,
        keepAliveTimeout: SILENT_FOR_MS,
        connectionsCheckingInterval: HEADERS_WITHIN_MS,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.server.maxConnections = MOST_CONNECTIONS;
    this.server.timeout = SILENT_FOR_MS;
    this.server.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.server.on('clientError', refuseRubbish);
    // It is no reason for the process to go on.
    this.server.unref();
  }

  /** Whom requests are passed to from now on. */
  serve(operations: Operations): void {
    this.#operations = operations;
  }

  /** Nothing more is answered. Connections of those who waited for this close with the process. */
  close(exitCode: number | undefined): void {
    this.server.close();
    for (const response of this.#atEnd) {
      response.end(lineOf({ ok: true, stopped: true, exitCode }));
    }
    const isAwaited = new Set([...this.#atEnd].map(({ socket }) => socket));
    for (const socket of this.#connections) {
      if (isAwaited.has(socket)) socket.unref();
      else socket.destroySoon();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#send(response, await this.#reply(request));
    } catch (error) {
      const status = error instanceof RequestError ? error.status : 500;
      const details = error instanceof RequestError ? error.details : {};
      // What is left of the request is not read.
      response.shouldKeepAlive = false;
      const value = { ok: false, error: (error as Error).message, ...details };
      this.#send(response, { type: 'json', status, value });
    }
  }

  #reply(request: IncomingMessage): Promise<Reply> | Reply {
    const { method = '', url = '', headers } = request;
    if (this.#operations === undefined) throw new RequestError(503, 'the server is starting');
    if (Number(headers['content-length'] ?? 0) > 0 || 'transfer-encoding' in headers) {
      throw new RequestError(413, 'expected no body: parameters belong into the query');
    }
    const { route, query } = findRoute(method, url);
    return route.answer(this.#operations, query);
  }

  #send(response: ServerResponse, reply: Reply): void {
    if (reply.type === 'json') {
      write(response, { status: reply.status, body: lineOf(reply.value) });
    } else if (reply.type === 'text') {
      write(response, { status: 200, contentType: reply.contentType, body: reply.text });
    } else if (reply.type === 'later') {
      const stop = keepAlive(response);
      // Operations do not reject, and if a mistake of ours makes one, the server must not end for that.
      void reply.receipt.catch(toFailure).then((receipt) => {
        stop();
        response.end(lineOf(receipt));
      });
    } else {
      this.#atEnd.add(response);
      const stop = keepAlive(response);
      response.once('close', () => {
        stop();
        this.#atEnd.delete(response);
      });
    }
  }
}

function write(
  response: ServerResponse,
  answer: { status: number; contentType?: string; body: string },
): void {
  const { status, contentType = 'application/json', body } = answer;
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

/** Sends the head, then an empty line again and again, which JSON may begin with. @returns what ends that */
function keepAlive(response: ServerResponse): () => void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  const timer = setInterval(() => {
    if (!response.writableEnded) response.write('\n');
  }, SIGN_OF_LIFE_EVERY_MS);
  timer.unref();
  const stop = (): void => clearInterval(timer);
  response.once('close', stop);
  return stop;
}

function toFailure(error: unknown): { ok: false; error: string } {
  return { ok: false, error: String(error) };
}

function lineOf(value: unknown): string {
  return `${escapeJson(JSON.stringify(value))}\n`;
}

/** Whatever comes is no HTTP, or too much or too slow of it. */
function refuseRubbish(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const body = lineOf({ ok: false, error: `expected an HTTP request, got none: ${error.message}` });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
