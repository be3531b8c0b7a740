// Closes a connection without losing the answer that was just sent on it.

import type { Socket } from 'node:net';

/** How long, and how much, an ended connection is read before it is closed. */
export interface DrainBounds {
  /** Longest silence, milliseconds. */
  idleMs: number;
  /** Longest time in all, milliseconds. */
  totalMs: number;
  /** Most bytes that are discarded. */
  bytes: number;
}

/**
 * Reads and discards what the peer still sends until it closes too, within `bounds`; then closes.
 *
 * Call it when our side has been ended. Closing while input is unread would make the kernel send a
 * reset, which can destroy the answer before the peer has read it (RFC 9112 §9.6).
 */
export function drainAndClose(socket: Socket, bounds: DrainBounds): void {
  if (socket.destroyed) return;
  if (socket.readableEnded) {
    socket.destroy();
    return;
  }
  const deadline = performance.now() + bounds.totalMs;
  let left = bounds.bytes;
  const silence = setTimeout(() => socket.destroy(), bounds.idleMs);
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0 || performance.now() > deadline) socket.destroy();
    else silence.refresh();
  });
  socket.once('end', () => socket.destroy());
  socket.once('close', () => clearTimeout(silence));
  socket.resume();
}
