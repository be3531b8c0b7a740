// A contender's own process: started, waited for until it serves, ended.

import { spawn } from 'node:child_process';
import { waitFor } from '../helpers/wait-for.ts';
import { childrenOf } from './processes.ts';

export interface AppProcess {
  pid: number;
  /** What it has written so far. */
  output(): string;
  /** Sends TERM. @returns the exit code, or the name of the signal that ended it */
  stop(): Promise<number | string>;
}

/** Starts `command` and waits until it has written `readyLine` (a global pattern) `times` times. */
export async function startApp(
  command: readonly [string, ...string[]],
  readyLine: RegExp,
  times: number,
): Promise<AppProcess> {
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let end: number | string | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  child.once('error', (error) => {
    output += error.message;
    end = error.message;
  });
  child.once('close', (code, signal) => {
    end = code ?? signal ?? 'unknown';
  });
  const hasEnded = (): boolean => end !== undefined;
  const stop = async (): Promise<number | string> => {
    child.kill('SIGTERM');
    try {
      await waitFor(`the end of ${file}`, hasEnded);
    } catch (error) {
      // Nothing that was started here may go on: it would be in the way of all that comes after.
      const { pid } = child;
      if (pid !== undefined) for (const one of [...childrenOf(pid), pid]) kill(one);
      throw error;
    }
    return end ?? 'unknown';
  };
  // Large pools boot a few workers at a time.
  const readyWithinMs = 10_000 + 1_000 * times;
  const isReady = (): boolean => [...output.matchAll(readyLine)].length >= times;
  try {
    await waitFor(`${file} to be ready`, () => hasEnded() || isReady(), readyWithinMs);
    if (!isReady()) throw new Error('it ended before it was ready');
  } catch (cause) {
    await stop();
    const reason = (cause as Error).message;
    throw new Error(`${command.join(' ')} did not start: ${reason}\n${output}`, { cause });
  }
  return { pid: child.pid ?? -1, output: () => output, stop };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
