// Reads a stream of unknown length into memory: SCGI announces the length of a body before its first
// byte, so a chunked upload or standard input must be complete before it can be sent.

import type { Readable } from 'node:stream';

/**
 * Reads a whole stream.
 *
 * @param maxBytes - beyond it reading stops; the stream lives on, paused
 * @returns the bytes, or undefined when there are more than `maxBytes`
 * @throws what the stream fails with
 */
export function spool(source: Readable, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (body: Buffer | undefined) => {
      source.off('data', onData).off('end', onEnd).off('error', reject).off('close', onClose);
      resolve(body);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= maxBytes) return;
      source.pause();
      settle(undefined);
    };
    const onEnd = () => settle(Buffer.concat(chunks));
    const onClose = () => reject(new Error('the upload was broken off'));
    source.on('data', onData).once('end', onEnd).once('error', reject).once('close', onClose);
  });
}
