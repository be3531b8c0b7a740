// What a worker's watchdog thread writes, through a pipe of its own: lines of JSON.

import type { ChildProcess } from 'node:child_process';
import { LineSplitter } from '../line-splitter.ts';

/** A line for the log. */
type Tell = (message: string, fields: Record<string, unknown>) => void;

/** Its longest line has some twenty frames of a stack. */
const MAX_LINE_BYTES = 64 * 1024;

/** Calls `tell` with every line of the worker's watchdog; does nothing where it has none. */
export function hearWatchdog({ stdio }: ChildProcess, tell: Tell): void {
  // A process that could not be started has no stdio at all. Of what is inherited, there is no stream.
  const pipe = (stdio as ChildProcess['stdio'] | undefined)?.at(-1) ?? undefined;
  if (pipe === undefined || !('read' in pipe)) return;
  const lines = new LineSplitter(MAX_LINE_BYTES);
  pipe.on('data', (chunk: Buffer) => {
    for (const line of lines.push(chunk)) tellLine(line, tell);
  });
  // The process is dying; its exit tells more.
  pipe.on('error', () => {});
}

/** The pipe can be reached by application code: what comes through it is checked. */
function tellLine(line: string, tell: Tell): void {
  try {
    const { message, fields } = JSON.parse(line) as { message: unknown; fields: unknown };
    if (typeof message === 'string' && typeof fields === 'object' && fields !== null) {
      tell(message, fields as Record<string, unknown>);
      return;
    }
  } catch {
    // Not JSON, which is told below.
  }
  tell('its watchdog wrote a line that is none of this server: ignored', {});
}
