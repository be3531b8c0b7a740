// Peers that connect and then say little or nothing. Knows nothing of vitest: the benchmark uses it too.

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { PeerAddress } from './scgi-peer.ts';
import { waitFor } from './wait-for.ts';

export interface QuietPeers {
  /** How many connections the server has not ended. */
  open(): number;
  /** What each of the others was sent before. */
  answers(): string[];
  /** Time from the first connection to the first that ended, milliseconds. */
  firstEndMs(): number | undefined;
  close(): void;
}

/** Bytes that never become enough: some at once, then one a second. */
export type SlowBytes = { atOnce: Buffer; later: Buffer };

const CONNECT_WITHIN_MS = 10_000;

/**
 * Opens so many connections; without bytes they stay silent. Node has raised this process's limit of
 * descriptors to the hard one, which has room for a few thousand.
 */
export async function connectQuietly(
  address: PeerAddress,
  count: number,
  bytes?: SlowBytes,
): Promise<QuietPeers> {
  const startedAt = performance.now();
  const answers: string[] = [];
  let firstEndMs: number | undefined;
  let connected = 0;
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(address);
    const received: Buffer[] = [];
    socket.once('connect', () => connected++).on('data', (chunk) => received.push(chunk));
    socket
      .on('error', () => {})
      .once('close', () => {
        firstEndMs ??= performance.now() - startedAt;
        answers.push(Buffer.concat(received).toString('latin1'));
      });
    if (bytes !== undefined) socket.write(bytes.atOnce);
    return socket;
  });
  const clock = bytes && trickle(sockets, bytes.later);
  await waitFor(`${count} connections`, () => connected === count, CONNECT_WITHIN_MS);
  return {
    open: () => count - answers.length,
    answers: () => answers,
    firstEndMs: () => firstEndMs,
    close: () => {
      clearInterval(clock);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** One byte a second on each connection, as long as there are any left. */
function trickle(sockets: readonly Socket[], bytes: Buffer): NodeJS.Timeout {
  let sent = 0;
  return setInterval(() => {
    const next = bytes.subarray(sent, ++sent);
    for (const socket of sockets) if (socket.writable) socket.write(next);
  }, 1_000);
}
