// Answers pings of the master's in the place of the handler, on the way that every request takes.

import type { ConnectionHandler, Environment } from '../gateway/handler.ts';
import type { Pong } from '../ipc/ping.ts';
import { PING_VARIABLE, pingDigest } from '../ipc/ping.ts';

/**
 * Returns the handler with pings taken out, which costs each other request a look at one variable.
 *
 * @param digest - what the master's secret is known by; `undefined`: there are no pings
 */
export function answeringPings(
  handler: ConnectionHandler,
  slot: number,
  digest: string | undefined,
): ConnectionHandler {
  if (digest === undefined) return handler;
  const isPing = (env: Environment): boolean => {
    const secret = env[PING_VARIABLE];
    return secret !== undefined && pingDigest(secret) === digest;
  };
  const pong: Pong = { slot, pid: process.pid };
  const answer = `Content-Type: application/json\r\n\r\n${JSON.stringify(pong)}\n`;
  return {
    ...handler,
    // oxlint-disable-next-line max-params -- the contract's shape
    produce: (env, bodySize, input, output, context) =>
      isPing(env) ? output.end(answer) : handler.produce(env, bodySize, input, output, context),
    ...('serveOn' in handler && {
      serveOn: (connection, request, context) =>
        isPing(request.env) ? undefined : handler.serveOn?.(connection, request, context),
    }),
  };
}
