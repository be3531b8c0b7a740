// A raw SCGI server for tests: reads one request apart, then does what the test says. Shares no code
// with the program.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ListenAddress } from '../../../src/config/listen-address.ts';

/** One request as it arrived, and the connection to answer on. */
export interface Exchange {
  socket: Socket;
  env: Record<string, string>;
  /** Resolves with the whole body. */
  readBody: () => Promise<Buffer>;
}

/** Listens until the test ends; the socket's half-close by the other side is left to the test. */
export async function startResponder(
  answer: (exchange: Exchange) => unknown,
  kind: 'tcp' | 'unix' = 'unix',
): Promise<ListenAddress> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    void readHead(socket).then(answer);
  });
  const folder = await mkdtemp(join(tmpdir(), 'scgi-'));
  server.listen(kind === 'unix' ? join(folder, 's') : { port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const address = server.address() as AddressInfo | string;
  return typeof address === 'string'
    ? { kind: 'unix', path: address }
    : { kind: 'tcp', host: '127.0.0.1', port: address.port };
}

async function readHead(socket: Socket): Promise<Exchange> {
  const netstring = await readUntil(socket, (bytes) => {
    const colon = bytes.indexOf(':');
    const end = colon + 1 + Number(bytes.toString('latin1', 0, Math.max(colon, 0)));
    return colon > 0 && bytes.length > end ? end + 1 : undefined;
  });
  const block = netstring.toString('latin1').replace(/^\d+:/, '');
  const fields = block.split('\0');
  const env: Record<string, string> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) env[fields[i]!] = fields[i + 1]!;
  const bodySize = Number(env['CONTENT_LENGTH']);
  const readBody = () =>
    readUntil(socket, (bytes) => (bytes.length >= bodySize ? bodySize : undefined));
  return { socket, env, readBody };
}

/** Reads as many bytes as `measure` says are wanted; the rest goes back into the stream. */
async function readUntil(
  socket: Socket,
  measure: (bytes: Buffer) => number | undefined,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = Buffer.alloc(0);
  for (;;) {
    const wanted = measure(bytes);
    if (wanted !== undefined) {
      if (bytes.length > wanted) socket.unshift(bytes.subarray(wanted));
      return bytes.subarray(0, wanted);
    }
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await once(socket, 'readable');
    else {
      chunks.push(chunk);
      bytes = Buffer.concat(chunks);
    }
  }
}
