// Reads the header block of a connection, within its limits.

import type { Socket } from 'node:net';
import { ProtocolError } from '../protocol/protocol-error.ts';
import type { ParsedRequest } from '../protocol/request-parser.ts';
import { RequestParser } from '../protocol/request-parser.ts';

/** How the reading of a header block ended; `received` counts bytes. */
export type HeadResult =
  | { type: 'request'; request: ParsedRequest }
  | { type: 'malformed'; error: ProtocolError }
  | { type: 'timed-out'; received: number }
  | { type: 'closed'; received: number };

export interface HeadLimits {
  /** Longest time for the whole header block, milliseconds. */
  headerTimeout: number;
  /** Largest header block, bytes. */
  maxHeaderSize: number;
}

/**
 * Reads until the header block is complete. Afterwards the socket is paused and has none of our
 * listeners left; what it read beyond the block is in `request.rest`.
 */
export function readRequest(socket: Socket, limits: HeadLimits): Promise<HeadResult> {
  const parser = new RequestParser({ maxHeaderBytes: limits.maxHeaderSize });
  let received = 0;
  return new Promise((resolve) => {
    const finish = (result: HeadResult): void => {
      clearTimeout(clock);
      socket.pause();
      socket.off('data', onData).off('end', onClosed).off('close', onClosed);
      resolve(result);
    };
    const onClosed = (): void => finish({ type: 'closed', received });
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      try {
        const request = parser.feed(chunk);
        if (request !== undefined) finish({ type: 'request', request });
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        finish({ type: 'malformed', error });
      }
    };
    const clock = setTimeout(() => {
      finish({ type: 'timed-out', received });
    }, limits.headerTimeout);
    socket.on('data', onData).on('end', onClosed).on('close', onClosed);
    socket.resume();
  });
}
