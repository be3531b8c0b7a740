// The receiving half of an exchange: collects the head of the answer, then hands the rest to its body.

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { ServerError } from '../errors.ts';
import type { ResponseHead } from '../protocol/response-head-builder.ts';
import {
  findHeadEnd,
  MAX_RESPONSE_HEAD_BYTES,
  parseResponseHead,
} from '../protocol/response-head.ts';
import { AnswerBody } from './answer-body.ts';
import { brokenOff } from './exchange-error.ts';

/** The answer: its head complete, its body still arriving. */
export interface ScgiAnswer {
  readonly head: ResponseHead;
  /** Fails with a ServerError when the answer is cut short; destroying it closes the connection. */
  readonly body: Readable;
}

/** What the receiver must know of the request. */
export interface Expectation {
  /** The answer to HEAD announces a length and has no body. */
  readonly isHeadRequest: boolean;
  /** Limit from the head on, milliseconds without progress. */
  readonly idleTimeoutMs: number;
}

/** Resolves when the head of the answer is complete; rejects with a ServerError, the socket destroyed. */
export function receiveAnswer(socket: Socket, expectation: Expectation): Promise<ScgiAnswer> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      const searched = received.length;
      received = searched === 0 ? chunk : Buffer.concat([received, chunk]);
      const end = findHeadEnd(received, searched);
      if (end < 0 && received.length <= MAX_RESPONSE_HEAD_BYTES) return;
      socket.off('data', onData).off('end', onEnd).off('close', onClose).pause();
      try {
        resolve(beginAnswer(socket, { bytes: received, end }, expectation));
      } catch (error) {
        socket.destroy();
        reject(answerError(error instanceof Error ? error.message : String(error)));
      }
    };
    const onEnd = () => socket.destroy(answerError(earlyEnd(received.length)));
    const onClose = () => reject(brokenOff(socket, 'before the head of the answer was complete'));
    socket.on('data', onData).once('end', onEnd).once('close', onClose);
  });
}

function beginAnswer(
  socket: Socket,
  { bytes, end }: { bytes: Buffer; end: number },
  { isHeadRequest, idleTimeoutMs }: Expectation,
): ScgiAnswer {
  if (end < 0) throw new RangeError(`its head exceeds ${MAX_RESPONSE_HEAD_BYTES} bytes`);
  const head = parseResponseHead(bytes.subarray(0, end));
  const hasNoBody = isHeadRequest || head.status === 204 || head.status === 304;
  socket.setTimeout(idleTimeoutMs);
  const body = new AnswerBody(socket, bytes.subarray(end), hasNoBody ? 0 : head.contentLength);
  return { head, body };
}

function earlyEnd(receivedBytes: number): string {
  return receivedBytes === 0
    ? 'it closed the connection without an answer'
    : `it closed the connection inside the head of its answer, after ${receivedBytes} bytes`;
}

function answerError(what: string): ServerError {
  return new ServerError('ERR_SCGI_RESPONSE', `no valid answer from the server: ${what}`);
}
