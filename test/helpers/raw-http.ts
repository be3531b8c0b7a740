// A browser for tests, byte by byte: sends what no HTTP client would, and sees how an answer ended.

import { connect } from 'node:net';

export interface RawHttpAnswer {
  /** 0: there was no answer. */
  status: number;
  /** As they came, names in lower case. */
  fields: readonly (readonly [name: string, value: string])[];
  body: Buffer;
  /** Whether the body is all that was announced: by its length, or up to its last chunk. */
  isWhole: boolean;
}

/** How a request is written; its first line and `Connection: close` are always there. */
export interface RawHttpRequest {
  method?: string;
  /** Header lines, without their ends; `Host` is added unless one begins so. */
  lines?: readonly string[];
  /** Its length is announced. */
  body?: Buffer;
  /** Instead: sent in chunks, of a length that is not announced. */
  chunks?: readonly Buffer[];
  /** Told whenever something of the answer arrives. */
  onBytes?: () => void;
  /** Longest time for everything. */
  timeoutMs?: number;
}

/** Sends one request to a port of 127.0.0.1 and reads until the web server closes the connection. */
export function rawHttp(
  port: number,
  target: string,
  request: RawHttpRequest = {},
): Promise<RawHttpAnswer> {
  const { method = 'GET', onBytes, timeoutMs = 30_000 } = request;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const received: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(readHttp(Buffer.concat(received), method));
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end of the answer to ${method} ${target} within ${timeoutMs} ms`));
    }, timeoutMs);
    socket.on('data', (piece) => {
      received.push(piece);
      onBytes?.();
    });
    socket.on('end', finish);
    // A reset: what came before it counts.
    socket.on('error', finish);
    for (const bytes of rawRequest(target, request)) socket.write(bytes);
  });
}

/** The bytes of a request. */
export function rawRequest(target: string, request: RawHttpRequest = {}): readonly Buffer[] {
  const { method = 'GET', lines = [], body, chunks } = request;
  const head = [`${method} ${target} HTTP/1.1`, ...lines, 'Connection: close'];
  if (!lines.some((line) => /^host:/i.test(line))) head.push('Host: front.example');
  if (body !== undefined) head.push(`Content-Length: ${body.length}`);
  if (chunks !== undefined) head.push('Transfer-Encoding: chunked');
  const bytes: Buffer[] = [Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1')];
  if (body !== undefined) bytes.push(body);
  for (const chunk of chunks ?? []) {
    bytes.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  if (chunks !== undefined) bytes.push(Buffer.from('0\r\n\r\n'));
  return bytes;
}

/** Takes the bytes of an answer apart; `method` is that of its request. */
export function readHttp(raw: Buffer, method: string): RawHttpAnswer {
  const end = raw.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, fields: [], body: raw, isWhole: false };
  const [first = '', ...lines] = raw.toString('latin1', 0, end).split('\r\n');
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const status = Number(first.split(' ')[1]);
  const rest = raw.subarray(end + 4);
  const field = (wanted: string): string | undefined =>
    fields.find(([name]) => name === wanted)?.[1];
  if (method === 'HEAD' || status === 204 || status === 304) {
    return { status, fields, body: rest, isWhole: rest.length === 0 };
  }
  if (field('transfer-encoding') === 'chunked') return { status, fields, ...joinChunks(rest) };
  const length = field('content-length');
  return {
    status,
    fields,
    body: rest,
    isWhole: length !== undefined && rest.length === Number(length),
  };
}

function joinChunks(raw: Buffer): { body: Buffer; isWhole: boolean } {
  const pieces: Buffer[] = [];
  let rest = raw;
  for (;;) {
    const lineEnd = rest.indexOf('\r\n');
    const size =
      lineEnd < 0 ? Number.NaN : Number.parseInt(rest.toString('latin1', 0, lineEnd), 16);
    if (Number.isNaN(size)) return { body: Buffer.concat(pieces), isWhole: false };
    if (size === 0) return { body: Buffer.concat(pieces), isWhole: true };
    pieces.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    rest = rest.subarray(lineEnd + 2 + size + 2);
  }
}
