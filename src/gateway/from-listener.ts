// Serves node:http applications: Express, Koa, Connect, and every other function of a request and a
// response. Both are Node's own, so that frameworks find all that they look for.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { isThenable } from '../is-thenable.ts';
import { escapePath, requestLineTarget } from '../protocol/meta-variables.ts';
import type { Environment, HandlerContext, Produce } from './handler.ts';
import { ListenerSocket } from './listener-socket.ts';
import { withoutQueries } from './without-queries.ts';

/** What `http.createServer` takes. It may be asynchronous: a rejection is an error of the request. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * Makes a handler of a listener.
 *
 * The handler is done when the response is finished or cut, however long the listener goes on.
 *
 * @param mount - where the application is mounted; empty: at the root
 */
export function fromListener(listener: Listener, mount: string = ''): Produce {
  // The contract has five parameters.
  // oxlint-disable-next-line max-params
  return (env, bodySize, input, output, context) =>
    new Promise<void>((resolve, reject) => {
      const socket = new ListenerSocket({ env, bodySize, input, output }, resolve);
      const { request, response } = socket;
      if (mount !== '') leaveOutMount(request, env, mount);
      const fail = (error: unknown): void => {
        if (response.writableEnded) tellLate(error, request, context);
        else reject(error);
      };
      // Writing after the end, above all; without a listener it would end the worker.
      response.on('error', fail);
      try {
        const result = listener(request, response);
        if (isThenable(result)) result.then(undefined, fail);
      } catch (error) {
        fail(error);
      }
      if (!response.writableEnded) closeOnAbort(socket, context);
    });
}

/** Connect and Express tell an application in the same way that it is mounted in another one. */
function leaveOutMount(request: IncomingMessage, env: Environment, mount: string): void {
  Object.assign(request, {
    url: requestLineTarget(env, mount),
    originalUrl: request.url,
    baseUrl: escapePath(mount),
  });
}

/** The response is complete and must not suffer for it. */
function tellLate(
  error: unknown,
  { method, url = '' }: IncomingMessage,
  { log }: HandlerContext,
): void {
  const request = `${method} ${withoutQueries(url)}`;
  log.error(`${request}: the handler failed after the end of its response`, { err: error });
}

/** Most responses end in the turn of the event loop in which they began; to watch a signal costs more. */
function closeOnAbort(socket: ListenerSocket, context: HandlerContext): void {
  setImmediate(() => {
    if (socket.destroyed || socket.response.writableEnded) return;
    const { signal } = context;
    if (signal.aborted) socket.destroy();
    else signal.addEventListener('abort', () => socket.destroy(), { once: true });
  });
}
