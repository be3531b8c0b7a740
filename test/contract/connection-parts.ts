// What the connection contract is written with: the server as it sees it, requests, handlers.

import { connect, type Socket } from 'node:net';
import type { Outcome } from '../../src/connection/outcome.ts';
import type { HandlerContext, Produce } from '../../src/gateway/handler.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';

export interface ServedBy {
  address: PeerAddress;
  /** Ends everything, as a worker does that must leave. */
  stopAll(status: 500 | 503): Promise<void>;
  outcomes: Outcome[];
  /** Requests whose handlers are done, by their names in the log. */
  over: string[];
  /** Connections that are not closed yet. */
  open(): number;
}

export interface ServeOptions {
  headerTimeout?: number;
  bodyTimeout?: number;
  sendTimeout?: number;
  requestTimeout?: number;
  maxHeaderSize?: number;
  maxBodySize?: number;
}

/** Serves `produce` until the test is over. */
export type Serve = (produce: Produce, options?: ServeOptions) => Promise<ServedBy>;

export const GET: Record<string, string> = { REQUEST_METHOD: 'GET', REQUEST_URI: '/' };
export const POST: Record<string, string> = { REQUEST_METHOD: 'POST', REQUEST_URI: '/post' };
export const HEAD: string = 'Content-Type: text/plain\r\n\r\n';
export const HELLO: string =
  'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello';

export const hello: Produce = (_env, _size, _input, output) => output.end(`${HEAD}hello`);

export const echo: Produce = async (_env, _size, input, output) => {
  output.write(HEAD);
  for await (const chunk of input) output.write(chunk);
};

export async function lastOutcome({ outcomes }: ServedBy): Promise<Outcome> {
  return waitFor('an outcome', () => outcomes.at(-1));
}

/** An open connection that the test drives itself. */
export function dial(address: PeerAddress): Socket {
  return connect({ ...address, allowHalfOpen: true }).on('error', () => {});
}

/** A handler that waits for its signal and keeps the reason. */
export function waiting(): { produce: Produce; reason: () => unknown; started: () => boolean } {
  let reason: unknown;
  let started = false;
  const produce: Produce = async (_env, _size, _input, output, { signal }: HandlerContext) => {
    started = true;
    await new Promise((resolve) => {
      if (signal.aborted) resolve(undefined);
      else signal.addEventListener('abort', resolve);
    });
    reason = signal.reason;
    output.end(`${HEAD}late`);
  };
  return { produce, reason: () => reason, started: () => started };
}
