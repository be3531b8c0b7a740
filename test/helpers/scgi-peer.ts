// A raw SCGI peer for tests: plays the web server byte by byte. Shares no code with the program, so
// that it cannot share its mistakes.

import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Where the server under test listens. */
export type PeerAddress = { path: string } | { host?: string; port: number };

export interface RawExchangeOptions {
  /** Half-close after the last byte, which no real web server does. */
  halfClose?: boolean;
  /** Pause between the pieces. */
  pauseMs?: number;
  /** Bound of the whole exchange, default 5000. */
  timeoutMs?: number;
}

export interface RawAnswer {
  bytes: Buffer;
  ended: 'end' | 'reset' | 'timeout';
}

/** Sends `bytes`, piece by piece, and collects what comes back until the connection ends. */
export function rawExchange(
  address: PeerAddress,
  bytes: Buffer | readonly Buffer[],
  { halfClose = false, pauseMs = 0, timeoutMs = 15_000 }: RawExchangeOptions = {},
): Promise<RawAnswer> {
  const socket = connect({ ...address, allowHalfOpen: true });
  const received: Buffer[] = [];
  const answer = new Promise<RawAnswer>((resolve, reject) => {
    let isConnected = false;
    const finish = (ended: RawAnswer['ended']) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ bytes: Buffer.concat(received), ended });
    };
    const timer = setTimeout(finish, timeoutMs, 'timeout');
    socket.on('connect', () => (isConnected = true));
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('end', () => {
      if (halfClose) finish('end');
      else socket.write('', (error) => finish(isReset(error) ? 'reset' : 'end'));
    });
    socket.on('error', (error) => {
      if (isConnected) finish('reset');
      else reject(error);
    });
  });
  const send = async () => {
    for (const piece of Array.isArray(bytes) ? bytes : [bytes]) {
      if (socket.destroyed) return;
      socket.write(piece);
      if (pauseMs > 0) await delay(pauseMs);
    }
    if (halfClose) socket.end();
  };
  void send();
  return answer;
}

/** A reset that comes together with the last bytes is an end to Node; who writes then hears of it. */
function isReset(error: NodeJS.ErrnoException | null | undefined): boolean {
  return error?.code === 'ECONNRESET';
}

/** The bytes of a request before its body; `env` in its order, CONTENT_LENGTH and SCGI first. */
export function encodeScgi(env: Record<string, string>, bodySize = 0): Buffer {
  const pairs = Object.entries({ CONTENT_LENGTH: String(bodySize), SCGI: '1', ...env });
  const block = Buffer.from(pairs.map(([name, value]) => `${name}\0${value}\0`).join(''), 'latin1');
  return Buffer.concat([Buffer.from(`${block.length}:`), block, Buffer.from(',')]);
}

export interface PeerRequest {
  method?: string;
  /** With or without a query. */
  path?: string;
  env?: Record<string, string>;
  body?: Buffer | string;
  timeoutMs?: number;
}

export interface PeerAnswer {
  status: number;
  /** Names in lower case. */
  headers: Map<string, string[]>;
  body: Buffer;
  raw: Buffer;
}

/** Sends one well-formed request and reads the answer apart; rejects when there is no whole head. */
export async function request(
  address: PeerAddress,
  { method = 'GET', path = '/', env = {}, body = '', timeoutMs = 15_000 }: PeerRequest = {},
): Promise<PeerAnswer> {
  const content = Buffer.from(body);
  const head = encodeScgi(
    {
      REQUEST_METHOD: method,
      REQUEST_URI: path,
      QUERY_STRING: path.split('?')[1] ?? '',
      SERVER_PROTOCOL: 'HTTP/1.1',
      ...env,
    },
    content.length,
  );
  const { bytes, ended } = await rawExchange(address, Buffer.concat([head, content]), {
    timeoutMs,
  });
  if (ended === 'timeout') {
    throw new Error(`no end of the answer within ${timeoutMs} ms: ${bytes.toString('latin1')}`);
  }
  return readAnswer(bytes);
}

function readAnswer(raw: Buffer): PeerAnswer {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const [name = '', value = ''] = line.split(/:(.*)/s);
    const key = name.toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), value.trim()]);
  }
  const status = Number(headers.get('status')?.[0]?.slice(0, 3));
  if (end < 0 || Number.isNaN(status))
    throw new Error(`no valid answer: ${raw.toString('latin1')}`);
  return { status, headers, body: raw.subarray(end + 4), raw };
}
