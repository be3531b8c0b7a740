// Reads a stream of unknown length into memory: SCGI announces the length of a body before its first
// byte, so a chunked upload or standard input must be complete before it can be sent.

import type { Readable } from 'node:stream';
import { abortError } from './exchange-error.ts';

/** Bounds of the reading. */
export interface SpoolOptions {
  /** Beyond it reading stops; the stream lives on, paused. */
  readonly maxBytes: number;
  /** Gives the reading up; the stream is left as it is. */
  readonly signal: AbortSignal;
}

/**
 * Reads a whole stream.
 *
 * @returns the bytes, or undefined when there are more than `maxBytes`
 * @throws what the stream fails with, or ServerError when the reading is given up
 */
export function spool(source: Readable, options: SpoolOptions): Promise<Buffer | undefined> {
  const { maxBytes, signal } = options;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) settle(() => resolve(undefined));
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(chunks)));
    const onClose = () =>
      settle(() => reject(source.errored ?? new Error('the stream was closed')));
    const onAbort = () => settle(() => reject(abortError(signal.reason)));
    const settle = (outcome: () => void) => {
      source.off('data', onData).off('end', onEnd).off('close', onClose).pause();
      signal.removeEventListener('abort', onAbort);
      outcome();
    };
    signal.addEventListener('abort', onAbort);
    source.on('data', onData).once('end', onEnd).once('close', onClose);
  });
}
