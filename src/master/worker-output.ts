// What workers print goes to the log: whole lines, tagged with the worker.

import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { LineSplitter } from '../ops/line-splitter.ts';
import type { Logger } from '../ops/logger.ts';

/** Logs every line that the process in `slot` writes to its stdout or stderr. */
export function forwardOutput(process: ChildProcess, slot: number, log: Logger): void {
  forwardLines(process.stdout, (line) => log.info(line, { worker: slot, stream: 'stdout' }));
  forwardLines(process.stderr, (line) => log.warn(line, { worker: slot, stream: 'stderr' }));
}

function forwardLines(stream: Readable | null, write: (line: string) => void): void {
  if (stream === null) return;
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
