// The status page on a port of its own. It is read-only, and whoever can connect can do nothing to the
// server but look: every connection brings one request, and everything about it is bounded.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ServerError } from '../errors.ts';
import type { StatusAnswer } from './status-answers.ts';
import { plainAnswer } from './status-answers.ts';
import { isTrustedHost } from './trusted-host.ts';

const MOST_CONNECTIONS = 32;
const MOST_HEADER_BYTES = 8 * 1024;
/** Time for a connection, from its beginning to its end, milliseconds. */
const CONNECTION_MS = 10_000;

export interface StatusServerOptions {
  /** Name or address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Answers one request; `target` is the path and what follows. */
  readonly answer: (method: string, target: string) => Promise<StatusAnswer>;
  /** Takes what keeps it from accepting. */
  readonly warn: (message: string) => void;
}

export interface StatusServer {
  /** What to open in a browser. */
  readonly url: string;
  /** Closes it at once, with its connections. */
  close(): void;
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; stop what uses it or choose another with --status PORT',
  EACCES: 'permission denied; ports below 1024 are for root, choose another with --status PORT',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is not known',
};

/**
 * Starts it.
 *
 * @throws ServerError `ERR_SCGI_LISTEN`, one line that names the address and the way out
 */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { host, warn } = options;
  const server = createServer({
    maxHeaderSize: MOST_HEADER_BYTES,
    keepAlive: false,
    // The connection's own time is up sooner, and costs no timer while nobody is connected.
    connectionsCheckingInterval: 2 ** 31 - 1,
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('connection', limitTime);
  server.on('request', (request, response) => void serve(request, response, options));
  server.on('clientError', (_error, socket) => socket.destroy());
  const port = await listen(server, options);
  server.on('error', (error) => warn(`the status page cannot accept: ${error.message}`));
  return {
    url: `http://${reachable(host)}:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function limitTime(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), CONNECTION_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { host, answer: answerTo }: StatusServerOptions,
): Promise<void> {
  const { method = '', url = '' } = request;
  const answer = isTrustedHost(request.headers.host, host)
    ? await answerTo(method, url)
    : plainAnswer(421, 'Ask by an IP address, by localhost, or by the host of --status.');
  send(response, answer, method);
}

function send(
  response: ServerResponse,
  { status, fields, body }: StatusAnswer,
  method: string,
): void {
  const bytes = Buffer.from(body);
  for (const [name, value] of fields) response.setHeader(name, value);
  response.setHeader('Content-Length', bytes.length);
  // One request a connection: nobody keeps one for himself.
  response.setHeader('Connection', 'close');
  response.statusCode = status;
  response.end(method === 'HEAD' ? undefined : bytes);
}

function listen(server: Server, { host, port }: StatusServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException): void => {
      const why = LISTEN_PROBLEMS[cause.code ?? ''] ?? cause.message;
      const message = `the status page cannot listen on ${bracketed(host)}:${port}: ${why}`;
      reject(new ServerError('ERR_SCGI_LISTEN', message, { cause }));
    };
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Whether only this machine reaches it; of a name nobody knows. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** A browser on this machine cannot open "every interface". */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return bracketed(host === '::' ? '::1' : host);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
