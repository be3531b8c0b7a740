// Serves an application that has put itself into an http.Server, as Fastify and Nest do: the listeners of
// that server are called, and it never listens.

import type { Server } from 'node:http';
import type { Listener } from './from-listener.ts';
import { fromListener } from './from-listener.ts';
import type { HandlerLog, Produce } from './handler.ts';
import { HandlerLoadError } from './handler-error.ts';

/** Where a server comes from, and goes. */
interface Surroundings {
  /** The module that exports it. */
  readonly file: string;
  /** Is told when the server listens later on. */
  readonly log: HandlerLog;
  /** Where the application is mounted; empty: at the root. */
  readonly mount: string;
}

/**
 * Makes a handler of a server.
 *
 * @throws {@link HandlerLoadError} when it listens already, or has no listener itself
 */
export function fromServer(server: Server, { file, log, mount }: Surroundings): Produce {
  const advice = 'leave listen() out, the requests come through scgi-server';
  if (server.listening) {
    throw new HandlerLoadError(file, `${file} exports a server that listens: ${advice}`);
  }
  if (server.listenerCount('request') === 0) {
    throw new HandlerLoadError(
      file,
      `${file} exports a server without a listener for "request": expected one that was made by ` +
        'http.createServer(listener), as those of Fastify and Nest are',
    );
  }
  server.once('listening', () => log.error(`the server of ${file} listens by itself: ${advice}`));
  // Listeners that are added later count as well.
  const listener: Listener = (request, response) => {
    // Not by emit(), which would drop the promise of one that is asynchronous.
    const results = server
      .rawListeners('request')
      .map((one) => Reflect.apply(one, server, [request, response]) as unknown);
    return results.length === 1 ? results[0] : Promise.all(results);
  };
  return fromListener(listener, mount);
}
