// A web server in the foreground: started, waited for, ended.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { listensInside, takesConnections } from './tcp-port.ts';
import { waitFor } from './wait-for.ts';

export interface ForegroundOptions {
  command: string;
  args: readonly string[];
  /** Where it takes connections when it is ready. */
  port: number;
  /** The network namespace that it runs in: command before its own. */
  inside?: readonly string[];
  /** What it has written into its error log. */
  errorLog: () => string;
}

export interface Foreground {
  pid: number;
  stop(): Promise<void>;
}

/** Finds a program, also where ordinary users do not look; `undefined` when it is not installed. */
export function programPath(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, command)).find((file) => fs.existsSync(file));
}

/** Starts the program and waits until it takes connections. */
export async function startInForeground(options: ForegroundOptions): Promise<Foreground> {
  const { command, args, port, errorLog, inside = [] } = options;
  const [program = '', ...words] = [...inside, programPath(command) ?? command, ...args];
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const pid = child.pid ?? -1;
  const isUp = (): boolean | Promise<boolean> =>
    inside.length > 0 ? listensInside(pid, port) : takesConnections(port);
  let said = '';
  let hasEnded = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.once('error', (error) => {
    said += error.message;
    hasEnded = true;
  });
  child.once('close', () => {
    hasEnded = true;
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await waitFor(`the end of ${command}`, () => hasEnded).finally(() => {
      if (!hasEnded) child.kill('SIGKILL');
    });
  };
  try {
    await waitFor(`${command} on port ${port}`, () => hasEnded || isUp());
    if (hasEnded) throw new Error('it ended at once');
  } catch (cause) {
    await stop();
    throw new Error(`${command} did not start: ${said}${errorLog()}`, { cause });
  }
  return { pid, stop };
}
