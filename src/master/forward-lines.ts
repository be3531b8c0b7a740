// What child processes print goes to the log in whole lines.

import type { Readable } from 'node:stream';
import { LineSplitter } from '../line-splitter.ts';

/** Calls `write` with every line of `stream`; does nothing where there is no stream. */
export function forwardLines(
  stream: Readable | null | undefined,
  write: (line: string) => void,
): void {
  // A process that could not be started has none at all.
  if (stream === null || stream === undefined) return;
  const lines = new LineSplitter();
  stream.on('data', (chunk: Buffer) => {
    for (const line of lines.push(chunk)) write(line);
  });
  stream.once('end', () => {
    for (const line of lines.end()) write(line);
  });
  // The process is dying; its exit tells more.
  stream.on('error', () => {});
}
