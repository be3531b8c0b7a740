// What a worker prints goes to the log in whole lines, with the request that each belongs to; lines of the
// access log come the same way.

import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Logger } from '../ops/logger.ts';
import type { MarkedLine } from './marked-lines.ts';
import { MarkedLines } from './marked-lines.ts';

/** Known to nobody outside: what a worker passes on from elsewhere must not look like a mark. */
export const PRINT_MARK: string = randomBytes(9).toString('base64url');

/** Logs what the worker in `slot` prints. */
export function forwardPrints({ stdout, stderr }: ChildProcess, slot: number, log: Logger): void {
  const forward = (stream: Readable | null, name: string, level: 'info' | 'warn'): void =>
    forwardMarked(stream, ({ text, request, isAccess }) => {
      if (isAccess) log.access(`${text}\n`);
      else log[level](text, { worker: slot, request, stream: name });
    });
  forward(stdout, 'stdout', 'info');
  forward(stderr, 'stderr', 'warn');
}

function forwardMarked(stream: Readable | null, write: (line: MarkedLine) => void): void {
  // A process that could not be started has none at all.
  if (stream === null || stream === undefined) return;
  const lines = new MarkedLines(PRINT_MARK, write);
  stream.on('data', (chunk: Buffer) => lines.push(chunk));
  stream.once('end', () => lines.end());
  // The process is dying; its exit tells more.
  stream.on('error', () => {});
}
