// A ping: a request that takes the way of every other, through the listener and a worker, and is answered
// there without the handler.

import { json } from 'node:stream/consumers';
import { sendRequest } from '../client/send-request.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { formatDuration } from '../config/units.ts';
import { ServerError } from '../errors.ts';
import type { Pong } from '../ipc/ping.ts';
import { PING_VARIABLE } from '../ipc/ping.ts';
import type { PingReceipt } from './operations.ts';

export interface PingTarget {
  address: ListenAddress;
  secret: string;
  /** Where the application is mounted: requests for elsewhere are refused. */
  mount: string | undefined;
  /** Hosts under whose names it may be asked; empty: any. */
  allowHost: readonly string[];
  /** Rules by which the listener may refuse this process itself. */
  rules: string | undefined;
}

/** Longer than that nobody should have to wait for a worker, milliseconds. */
const PING_WITHIN_MS = 10_000;

/** Sends it, and waits its turn. Never rejects. */
export async function ping(target: PingTarget): Promise<Omit<PingReceipt, 'waited'>> {
  const start = performance.now();
  const took = (): number => Math.round((performance.now() - start) * 10) / 10;
  try {
    const pong = await exchange(target);
    return { ok: true, durationMs: took(), slot: pong.slot, pid: pong.pid };
  } catch (error) {
    return { ok: false, durationMs: took(), error: explain(error, target) };
  }
}

async function exchange(target: PingTarget): Promise<Pong> {
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    const limit = formatDuration(PING_WITHIN_MS);
    const message = `no worker has answered within ${limit}; status --why says what they do`;
    timeout.abort(new ServerError('ERR_SCGI_TIMEOUT', message));
  }, PING_WITHIN_MS);
  const limits = {
    connectTimeoutMs: PING_WITHIN_MS,
    answerTimeoutMs: PING_WITHIN_MS * 2,
    idleTimeoutMs: PING_WITHIN_MS * 2,
    signal: timeout.signal,
  };
  try {
    const request = { pairs: variables(target), body: Buffer.alloc(0), bodySize: 0 };
    const { head, body } = await sendRequest(target.address, request, limits);
    if (head.status === 200) return readPong(await json(body));
    body.destroy();
    throw new ServerError('ERR_SCGI_RESPONSE', `the answer was ${head.status}`);
  } finally {
    clearTimeout(timer);
  }
}

/** What passes the rules that other requests have to pass. */
function variables({ secret, mount = '', allowHost }: PingTarget): [string, string][] {
  const [host = 'localhost'] = allowHost;
  return [
    ['REQUEST_METHOD', 'GET'],
    ['REQUEST_URI', `${mount}/?scgi-server-ping`],
    ['SCRIPT_NAME', mount],
    ['PATH_INFO', '/'],
    ['QUERY_STRING', 'scgi-server-ping'],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['HTTP_HOST', host.replace(/^\*/, 'ping')],
    [PING_VARIABLE, secret],
  ];
}

function readPong(answer: unknown): Pong {
  const { slot, pid } = (answer ?? {}) as Partial<Record<keyof Pong, unknown>>;
  if (typeof slot === 'number' && typeof pid === 'number') return { slot, pid };
  throw new ServerError('ERR_SCGI_RESPONSE', 'it was not a worker of this server that answered');
}

function explain(error: unknown, { address, rules }: PingTarget): string {
  const what = error instanceof ServerError ? error.message : 'the answer was none of a worker';
  // It may be closed before all of the request is written.
  const isCut = /closed the connection without an answer|the connection broke/.test(what);
  const isRefused = rules !== undefined && isCut;
  const reason = isRefused ? `closed at once: ${rules} may not let in the server itself` : what;
  return `${formatListenAddress(address)}: ${reason}`;
}
