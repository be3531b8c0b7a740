// The direct path: a connection as a bare descriptor. Its first bytes are there when it comes, and its
// answer leaves in one send. Whatever takes longer makes it a socket: the stream path carries on.

import { Socket } from 'node:net';
import { RESET } from '../posix/answers.ts';
import { closeFd, ConnectionSlot } from '../posix/descriptor.ts';
import { NativeBuffer } from '../posix/native-buffer.ts';
import { peerAddress, resetOnClose, sendFrom, sendOnce } from '../posix/sockets.ts';
import { LongRunning } from './long-running.ts';
import type { Piece } from '../protocol/pieces.ts';
import { toBuffers, totalLength, writePieces } from '../protocol/pieces.ts';
import type { OpenSockets } from './open-sockets.ts';
import { StreamTransport } from './stream-transport.ts';
import type { Transport, TransportListener } from './transport.ts';

/** Longest answer that is copied into one piece, bytes. */
const OUTGOING_BYTES = 96 * 1024;

/** What the direct connections of a worker have in common. */
interface DirectOptions {
  /** Where those that become sockets are found. */
  open: OpenSockets;
  /** Those that are not answered at once. */
  longRunning: LongRunning;
  /** What they send is put together here. */
  outgoing: NativeBuffer;
  /** They all come through Unix sockets: nobody has an address. */
  areLocal: boolean;
}

/**
 * Returns what makes direct connections of descriptors.
 *
 * @param open - where those that become sockets are found
 * @param areLocal - all of them come through Unix sockets: nobody has an address
 */
export function directConnections(open: OpenSockets, areLocal: boolean): (fd: number) => Transport {
  const outgoing = new NativeBuffer(OUTGOING_BYTES);
  const options = { open, areLocal, outgoing, longRunning: new LongRunning() };
  return (fd) => new DirectTransport(fd, options);
}

class DirectTransport implements Transport {
  readonly fd: number;
  readonly #connection: ConnectionSlot = new ConnectionSlot();
  readonly #options: DirectOptions;
  #stream: StreamTransport | undefined;
  #listener: TransportListener | undefined;
  #sendTimeout = 0;

  /** Takes over an open connection. */
  constructor(fd: number, options: DirectOptions) {
    this.fd = fd;
    this.#connection.put(fd);
    this.#options = options;
  }

  get peer(): string | undefined {
    if (this.#stream !== undefined) return this.#stream.peer;
    if (this.#options.areLocal || this.#connection.isEmpty) return undefined;
    const address = peerAddress(this.#connection.fd);
    return address?.kind === 'tcp' ? address.host : undefined;
  }

  attach(listener: TransportListener, sendTimeout: number): void {
    this.#listener = listener;
    this.#sendTimeout = sendTimeout;
    this.#stream?.attach(listener, sendTimeout);
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.becomeStream()?.resume();
  }

  wait(): void {
    if (this.#stream === undefined) this.#options.longRunning.add(this);
  }

  send(pieces: readonly Piece[], done?: () => void): boolean {
    const stream = this.becomeStream();
    if (stream !== undefined) return stream.send(pieces, done);
    done?.();
    return true;
  }

  end(pieces: readonly Piece[], done: () => void): void {
    const unsent = this.#stream === undefined ? this.#sendNow(pieces) : pieces;
    const stream =
      unsent.length > 0 || this.#stream !== undefined ? this.becomeStream() : undefined;
    if (stream === undefined) done();
    else stream.end(unsent, done);
  }

  cut(): void {
    if (this.#stream !== undefined) {
      this.#stream.cut();
    } else if (!this.#connection.isEmpty) {
      if (!this.#options.areLocal) resetOnClose(this.#connection.fd);
      this.#close();
    }
  }

  destroy(): void {
    if (this.#stream !== undefined) this.#stream.destroy();
    else if (!this.#connection.isEmpty) this.#close();
  }

  release(unread: number | undefined): void {
    this.#listener = undefined;
    if (this.#stream === undefined && unread === undefined) return this.destroy();
    const stream = this.becomeStream();
    stream?.end([], () => {});
    stream?.release(unread);
  }

  /** Carries on as a socket; undefined when the connection is closed. */
  becomeStream(): StreamTransport | undefined {
    if (this.#stream !== undefined || this.#connection.isEmpty) return this.#stream;
    const { open, longRunning } = this.#options;
    longRunning.delete(this);
    const fd = this.#connection.take();
    try {
      const socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
      this.#stream = new StreamTransport(socket, open);
    } catch {
      // Node gives no reason that helps: out of memory, or of watches.
      closeFd(fd);
      this.#listener?.closed();
      return undefined;
    }
    if (this.#listener !== undefined) this.#stream.attach(this.#listener, this.#sendTimeout);
    return this.#stream;
  }

  /** Sends what the kernel takes at once. @returns the rest */
  #sendNow(pieces: readonly Piece[]): readonly Piece[] {
    if (this.#connection.isEmpty) return [];
    const { outgoing } = this.#options;
    if (totalLength(pieces) > outgoing.size) return this.#sendLarge(pieces);
    const length = writePieces(pieces, outgoing.bytes);
    const sent = this.#sent(sendFrom(this.#connection.fd, outgoing, length));
    // A copy: the next connection uses the same memory.
    return sent < length ? [Buffer.from(outgoing.bytes.subarray(sent, length))] : [];
  }

  #sendLarge(pieces: readonly Piece[]): readonly Piece[] {
    const buffers = toBuffers(pieces);
    for (let i = 0; i < buffers.length; i++) {
      const buffer = buffers[i] as Buffer;
      const sent = this.#sent(sendOnce(this.#connection.fd, buffer, buffer.length));
      if (sent < buffer.length) return [buffer.subarray(sent), ...buffers.slice(i + 1)];
      if (this.#connection.isEmpty) break;
    }
    return [];
  }

  /** Bytes that need no sending any more: all of them once nobody is there. */
  #sent(answer: number): number {
    if (answer !== RESET) return Math.max(answer, 0);
    this.#close();
    this.#listener?.closed();
    return Number.POSITIVE_INFINITY;
  }

  #close(): void {
    this.#options.longRunning.delete(this);
    this.#connection.close();
  }
}
