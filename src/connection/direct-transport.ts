// The direct path: a connection as a bare descriptor. Its first bytes are there when it comes, and its
// answer leaves in one send; a larger body or answer takes as many as it needs while the peer keeps up.
// Whatever takes longer makes it a socket: the stream path carries on.

import { Socket } from 'node:net';
import { NOTHING, RESET } from '../posix/answers.ts';
import { closeFd, ConnectionSlot } from '../posix/descriptor.ts';
import { NativeBuffer } from '../posix/native-buffer.ts';
import {
  hasHungUp,
  peerAddress,
  pollReadable,
  pollWritable,
  receiveInto,
  resetOnClose,
  sendFrom,
  sendOnce,
  shutdownWrite,
} from '../posix/sockets.ts';
import { LongRunning } from './long-running.ts';
import type { Piece } from '../protocol/pieces.ts';
import { toBuffers, totalLength, writePieces } from '../protocol/pieces.ts';
import type { OpenSockets } from './open-sockets.ts';
import { StreamTransport } from './stream-transport.ts';
import type { LentConnection, Transport, TransportListener } from './transport.ts';

/** Longest answer that is copied into one piece, bytes. */
const OUTGOING_BYTES = 96 * 1024;
/** Longest piece of a body, bytes: as much as a stream of Node's reads at once. */
const PIECE_BYTES = 64 * 1024;
/**
 * How long a worker that runs nothing else keeps to one connection, milliseconds. A web server sends or
 * takes a megabyte in less than one; a socket of Node's would cost several times as much.
 */
const PATIENCE_MS = 4;

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
export function directConnections(open: OpenSockets, areLocal: boolean): MakeTransport {
  const outgoing = new NativeBuffer(OUTGOING_BYTES);
  const options = { open, areLocal, outgoing, longRunning: new LongRunning() };
  return (fd, peeked = 0) => new DirectTransport(fd, peeked, options);
}

/** Takes over an open connection, of which so many bytes have been seen that are still to be received. */
type MakeTransport = (fd: number, peeked?: number) => Transport;

class DirectTransport implements Transport {
  readonly fd: number;
  readonly #connection: ConnectionSlot = new ConnectionSlot();
  readonly #options: DirectOptions;
  #stream: StreamTransport | undefined;
  #listener: TransportListener | undefined;
  #sendTimeout = 0;
  #isPaused = false;
  #isReceiving = false;
  /** When our patience ends; 0: nothing was waited for yet. */
  #patientUntil = 0;
  /** Bytes that have been seen, and are still to be received. */
  #peeked: number;

  /** Takes over an open connection. */
  constructor(fd: number, peeked: number, options: DirectOptions) {
    this.fd = fd;
    this.#peeked = peeked;
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
    if (this.#peeked > 0) this.#consume(this.#peeked);
    this.#stream?.attach(listener, sendTimeout);
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#stream !== undefined) this.#stream.resume();
    else if (!this.#isReceiving) this.#receive();
  }

  expectNothing(): void {
    this.#isPaused = true;
  }

  wait(): void {
    if (this.#stream === undefined) this.#options.longRunning.add(this);
  }

  lend(headBytes: number): LentConnection | undefined {
    // Once we receive for ourselves nothing is merely seen any more, and the head came in pieces.
    if (this.#peeked === 0 || this.#connection.isEmpty) return undefined;
    this.#consume(headBytes);
    const { fd } = this;
    return { fd, hasHungUp: () => hasHungUp(fd) };
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

  discardNow(until: number): void {
    if (this.#stream?.isOpen !== true && this.#connection.isEmpty) return;
    if (shutdownWrite(this.fd) !== 0) return;
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    for (let left = until - performance.now(); left > 0; left = until - performance.now()) {
      const count = receiveInto(this.fd, piece);
      if (count === NOTHING) pollReadable(this.fd, Math.ceil(left));
      else if (count <= 0) return;
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
    stream?.endQuietly();
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

  /** Tells the listener what arrives, until it has enough or our patience ends. */
  #receive(): void {
    this.#isReceiving = true;
    while (!this.#isPaused && this.#stream === undefined && !this.#connection.isEmpty) {
      if (this.#patience() <= 0) break;
      const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      const count = receiveInto(this.#connection.fd, piece);
      if (count > 0) this.#listener?.received(trimmed(piece, count));
      else if (count !== NOTHING || !this.#awaits(pollReadable)) break;
    }
    this.#isReceiving = false;
    // Ends and errors are told by the socket, which sees them again.
    if (!this.#isPaused) this.becomeStream()?.resume();
  }

  /** Receives what has been seen already, or its beginning. */
  #consume(bytes: number): void {
    this.#peeked = 0;
    receiveInto(this.#connection.fd, Buffer.allocUnsafeSlow(bytes));
  }

  /** Milliseconds that the worker still has for this connection alone. */
  #patience(): number {
    const now = performance.now();
    if (this.#patientUntil === 0) {
      const { open, longRunning } = this.#options;
      const isAlone = !open.isBusy && !longRunning.hasOthers(this);
      this.#patientUntil = now + (isAlone ? PATIENCE_MS : 0);
    }
    return this.#patientUntil - now;
  }

  #awaits(poll: (fd: number, timeoutMs: number) => boolean): boolean {
    const left = this.#patience();
    return left > 0 && poll(this.#connection.fd, Math.ceil(left));
  }

  /** Sends what the kernel takes at once. @returns the rest */
  #sendNow(pieces: readonly Piece[]): readonly Piece[] {
    if (this.#connection.isEmpty) return [];
    const { outgoing } = this.#options;
    if (totalLength(pieces) > outgoing.size) return this.#sendLarge(toBuffers(pieces));
    const length = writePieces(pieces, outgoing.bytes);
    const sent = this.#sent(sendFrom(this.#connection.fd, outgoing, length));
    // A copy: the next connection uses the same memory.
    return sent < length ? [Buffer.from(outgoing.bytes.subarray(sent, length))] : [];
  }

  /** The same in several sends, as long as the peer keeps up. */
  #sendLarge(buffers: Buffer[]): readonly Piece[] {
    let unsent = buffers.shift();
    while (unsent !== undefined && !this.#connection.isEmpty) {
      const sent = this.#sent(sendOnce(this.#connection.fd, unsent, unsent.length));
      if (sent >= unsent.length) unsent = buffers.shift();
      else {
        unsent = unsent.subarray(sent);
        if (!this.#awaits(pollWritable)) return [unsent, ...buffers];
      }
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

/** What has been received, without the memory of what might have been. */
function trimmed(piece: Buffer, length: number): Buffer {
  const received = piece.subarray(0, length);
  return length < piece.length / 2 ? Buffer.from(received) : received;
}
