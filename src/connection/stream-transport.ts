// The stream path: a connection as a net.Socket.

import type { Socket } from 'node:net';
import type { DrainBounds } from '../net/drain-and-close.ts';
import { drainAndClose } from '../net/drain-and-close.ts';
import type { OpenSockets } from './open-sockets.ts';
import type { Transport, TransportListener } from './transport.ts';

export class StreamTransport implements Transport {
  readonly peer: string | undefined;
  readonly #socket: Socket;
  #listener: TransportListener | undefined;

  /** @param socket - with `allowHalfOpen`; owned from now on */
  constructor(socket: Socket, open: OpenSockets) {
    this.#socket = socket;
    // Asked for now: a socket that is closed has forgotten it.
    this.peer = socket.remoteAddress;
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
  wait(): void {}

  send(buffers: readonly Buffer[], done?: () => void): boolean {
    this.#write(buffers);
    if (done !== undefined) this.#socket.write('', () => done());
    return !this.#socket.writableNeedDrain;
  }

  end(buffers: readonly Buffer[], done: () => void): void {
    this.#write(buffers);
    this.#socket.end(() => done());
  }

  cut(): void {
    // Only TCP has a reset; a Unix socket gives its peer nothing but an early end.
    if (this.peer === undefined) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  release(bounds: DrainBounds): void {
    this.#listener = undefined;
    this.#socket.setTimeout(0);
    drainAndClose(this.#socket, bounds);
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

  #write(buffers: readonly Buffer[]): void {
    const socket = this.#socket;
    if (buffers.length > 1) socket.cork();
    for (const buffer of buffers) socket.write(buffer);
    if (buffers.length > 1) socket.uncork();
  }
}
