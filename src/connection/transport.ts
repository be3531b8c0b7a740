// One connection as the code that serves it sees it: a net.Socket, or a bare descriptor that becomes one
// when it has to. Both behave alike; which of the two it is shows in nothing but the cost.

import type { Piece } from '../protocol/pieces.ts';

/** Who is told what happens on a connection. */
export interface TransportListener {
  /** Bytes of the peer. */
  received(chunk: Buffer): void;
  /** The peer has ended its side; it may still read. */
  ended(): void;
  /** The connection is gone, whoever ended it. */
  closed(): void;
  /** All that was sent has been handed to the kernel, after `send` returned false. */
  drained(): void;
  /** The peer has taken nothing for the send timeout although something waits for it. */
  stalled(): void;
}

/** A connection that is in somebody else's hands. */
export interface LentConnection {
  /** For a copy; ours stays open until the transport is released. */
  readonly fd: number;
  /** Whether the peer has ended its side, or is gone. */
  hasHungUp(): boolean;
}

export interface Transport {
  /** Address of the peer; none on a Unix socket, or once the connection is closed. */
  readonly peer: string | undefined;
  /** Descriptor of the connection, as long as it is open; -1: unknown. */
  readonly fd: number;

  /**
   * Tells `listener` what happens from now on, and nobody else. An end that has come before is told
   * at once.
   *
   * @param sendTimeout - longest time without progress of what is sent, milliseconds; 0: no limit
   */
  attach(listener: TransportListener, sendTimeout: number): void;

  /** Stops the arrival of bytes. */
  pause(): void;

  /** Asks for more bytes than have arrived. */
  resume(): void;

  /** Nothing is asked for any more, and an end alone is left to come. */
  expectNothing(): void;

  /** The handler goes on after the event loop's turn: somebody has to see it when the peer hangs up. */
  wait(): void;

  /**
   * Lends the connection to somebody who reads and writes it instead of us. The first `headBytes` bytes
   * are consumed, and no others.
   *
   * @returns undefined when that is impossible: more has been consumed
   */
  lend(headBytes: number): LentConnection | undefined;

  /**
   * Sends a part.
   *
   * @param done - called when all of it is handed to the kernel, or never will be
   * @returns false when the sender should wait for `drained` before the next part
   */
  send(pieces: readonly Piece[], done?: () => void): boolean;

  /** Sends the last part and ends our side. `done` as for `send`; it may be called at once. */
  end(pieces: readonly Piece[], done: () => void): void;

  /** Closes so that the peer sees a broken connection, where the protocol can tell. */
  cut(): void;

  /**
   * For a process that is about to end, after `end`: reads and discards, blocking, until the peer has
   * closed or `until` is over, milliseconds of `performance.now()`. Where our side cannot be ended by this
   * process alone, nothing is done.
   */
  discardNow(until: number): void;

  /** Closes with nothing to lose. */
  destroy(): void;

  /**
   * Closes after `end`, so that the answer cannot be lost to a reset: bytes that the peer may still send
   * are read and discarded first. The listener is told nothing any more.
   *
   * @param unread - bytes that the peer has announced and may still send; undefined: it has sent all
   *   that it announced, and nothing else
   */
  release(unread: number | undefined): void;
}
