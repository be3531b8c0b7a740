// The stream path: a connection as a net.Socket.

import type { Socket } from 'node:net';
import type { DrainBounds } from '../net/drain-and-close.ts';
import { drainAndClose } from '../net/drain-and-close.ts';
import type { Piece } from '../protocol/pieces.ts';
import { toBuffers } from '../protocol/pieces.ts';
import type { OpenSockets } from './open-sockets.ts';
import type { Transport, TransportListener } from './transport.ts';

/** Bytes that are discarded beyond a request's announced body; what bounds them is mostly time. */
const EXCESS_BYTES = 64 * 1024 * 1024;
/** How long an answered connection is read: a front may send its whole upload before it looks. */
const DRAIN: Omit<DrainBounds, 'bytes'> = { idleMs: 2_000, totalMs: 30_000 };

export class StreamTransport implements Transport {
  readonly peer: string | undefined;
  /** Node keeps it to itself. */
  readonly fd: number = -1;
  readonly #socket: Socket;
  readonly #open: OpenSockets;
  #listener: TransportListener | undefined;

  /** @param socket - with `allowHalfOpen`; owned from now on */
  constructor(socket: Socket, open: OpenSockets) {
    this.#socket = socket;
    // Asked for now: a socket that is closed has forgotten it.
    this.peer = socket.remoteAddress;
    this.#open = open;
    open.add(socket);
    // Every error is followed by 'close', which is handled.
    socket.on('error', () => {});
  }

  attach(listener: TransportListener, sendTimeout: number): void {
    const isFirst = this.#listener === undefined;
    this.#listener = listener;
    const socket = this.#socket;
    socket.setTimeout(sendTimeout);
    if (isFirst) this.#listen();
    if (socket.readableEnded) listener.ended();
    else if (socket.destroyed) listener.closed();
    // Explicitly: a socket that was paused when it was accepted does not start by itself.
    else socket.resume();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Nothing to do: a socket is watched all the time. */
  expectNothing(): void {}

  wait(): void {}

  /** Node's sockets read ahead. */
  lend(): undefined {
    return undefined;
  }

  send(pieces: readonly Piece[], done?: () => void): boolean {
    this.#write(pieces);
    if (done !== undefined) this.#socket.write('', () => done());
    return !this.#socket.writableNeedDrain;
  }

  end(pieces: readonly Piece[], done: () => void): void {
    this.#write(pieces);
    this.#socket.end(() => done());
  }

  /** Ends our side, unless it is. */
  endQuietly(): void {
    if (!this.#socket.writableEnded) this.#socket.end();
  }

  cut(): void {
    // Only TCP has a reset; a Unix socket gives its peer nothing but an early end.
    if (this.peer === undefined) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Where connections are passed by Node, the master has a copy. */
  discardNow(): void {}

  destroy(): void {
    this.#socket.destroy();
  }

  release(unread: number | undefined): void {
    this.#listener = undefined;
    this.#open.released(this.#socket);
    this.#socket.setTimeout(0);
    drainAndClose(this.#socket, { ...DRAIN, bytes: (unread ?? 0) + EXCESS_BYTES });
  }

  #listen(): void {
    const socket = this.#socket;
    socket
      .on('data', (chunk: Buffer) => this.#listener?.received(chunk))
      .on('end', () => this.#listener?.ended())
      .on('close', () => this.#listener?.closed())
      .on('drain', () => this.#listener?.drained())
      .on('timeout', () => {
        if (socket.writableLength > 0) this.#listener?.stalled();
      });
  }

  #write(pieces: readonly Piece[]): void {
    const socket = this.#socket;
    const buffers = toBuffers(pieces);
    if (buffers.length > 1) socket.cork();
    for (const buffer of buffers) socket.write(buffer);
    if (buffers.length > 1) socket.uncork();
  }
}
