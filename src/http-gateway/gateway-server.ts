// The development gateway: an HTTP server whose every request is forwarded to an SCGI server.
// Keeps account of its connections itself, so that a stop ends idle ones and never cuts an answer.

import { createServer, type Server } from 'node:http';
import { Server as NetServer, type AddressInfo } from 'node:net';
import { ServerError } from '../errors.ts';
import { Connections } from './connections.ts';
import type { HttpListener } from './environment.ts';
import { forward, type ForwardOptions } from './forward.ts';
import type { GatewaySettings } from './messages.ts';

/** Settings of the gateway, and where its complaints go. */
export interface GatewayOptions extends GatewaySettings {
  /** Takes one line for each request that the server failed. */
  report?: (line: string) => void;
}

/** A gateway that accepts connections. */
export interface RunningGateway {
  /** What to open in a browser. */
  readonly url: string;
  /**
   * Stops accepting, ends idle connections, lets running requests finish, then cuts what is left.
   * A further call can only bring the cut forward.
   *
   * @param graceMs - longest wait for running requests, milliseconds
   * @returns resolves when the last connection is closed
   */
  stop(graceMs: number): Promise<void>;
}

/**
 * Longer than the server's own limits by default, so that the server's answer to a handler that is too
 * slow is seen and not the gateway's.
 */
const DEFAULT_ANSWER_TIMEOUT_MS = 360_000;

const PATIENCE_MS = 10_000;

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; stop what uses it or choose another with --http PORT',
  EACCES: 'permission denied; ports below 1024 are for root, choose another with --http PORT',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is not known',
};

/**
 * Starts a gateway.
 *
 * @throws ServerError `ERR_SCGI_LISTEN`, one line that names the address and the way out
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const server = createServer();
  const port = await listen(server, options);
  const report = options.report ?? (() => undefined);
  server.on('error', (error) => report(`cannot accept: ${error.message}`));
  const connections = serve(server, {
    target: options.target,
    listener: { host: options.host, port },
    answerTimeoutMs: options.answerTimeoutMs ?? DEFAULT_ANSWER_TIMEOUT_MS,
    report,
  });
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    url: `http://${reachable(options.host)}:${port}/`,
    stop: (graceMs) => {
      // http.Server's own close() takes an answer that is written but not yet sent for idle, and cuts it.
      NetServer.prototype.close.call(server);
      connections.endIdle();
      const timer = setTimeout(() => connections.destroyAll(), graceMs);
      return closed.finally(() => clearTimeout(timer));
    },
  };
}

function serve(server: Server, options: ForwardOptions): Connections {
  const connections = new Connections();
  // A browser that stops reading; later than the server's time is up, so that 504 can be said.
  server.timeout = options.answerTimeoutMs + PATIENCE_MS;
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', (request, response) => {
    const { socket } = request;
    connections.begin(socket);
    response.once('close', () => connections.finish(socket));
    void forward(request, response, options);
  });
  return connections;
}

/** Resolves with the port that was bound. */
function listen(server: Server, { host, port }: GatewayOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(listenError(error, { host, port }));
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, { host, port }: HttpListener): ServerError {
  const where = `the HTTP gateway cannot listen on ${bracketed(host)}:${port}`;
  const why = LISTEN_PROBLEMS[cause.code ?? ''] ?? cause.message;
  return new ServerError('ERR_SCGI_LISTEN', `${where}: ${why}`, { cause });
}

/** A browser on this machine cannot open "every interface". */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return bracketed(host === '::' ? '::1' : host);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
