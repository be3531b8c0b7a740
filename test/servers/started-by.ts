// A program that starts the server, or becomes it, for one test; and what the test asks of it.

import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { programPath } from '../helpers/foreground.ts';
import { cleanEnvironment, HANDLERS, isAlive } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

export interface Starter {
  process: ChildProcess;
  /** What it and its processes have printed. */
  log(): string;
  hasEnded(): boolean;
}

export interface StarterOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** How it is told to end; TERM unless told. */
  stop?: () => void;
}

/** Starts it; when the test is over, neither it nor anything that it has started is left. */
export function startStarter(command: readonly string[], options: StarterOptions = {}): Starter {
  const [program = '', ...args] = command;
  const child = spawn(programPath(program) ?? program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), ...dispatchVariable(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  let hasEnded = false;
  child.once('error', (error) => (log += error.message));
  child.once('exit', () => (hasEnded = true));
  onTestFailed(() => console.error(`${program}:\n${log}`));
  onTestFinished(async () => {
    const left = descendants(child.pid ?? -1);
    if (!hasEnded) (options.stop ?? (() => child.kill('SIGTERM')))();
    await waitFor(`the end of ${program}`, () => hasEnded, 20_000).finally(() => {
      for (const pid of [...left, child.pid ?? -1].filter(isAlive)) process.kill(pid, 'SIGKILL');
    });
    await waitFor('the end of its processes', () => !left.some(isAlive));
  });
  return { process: child, log: () => log, hasEnded: () => hasEnded };
}

/** TEST_DISPATCH of the test run, for a server that is started by somebody else. */
export function dispatchVariable(): Record<string, string> {
  const mode = process.env['TEST_DISPATCH'];
  return mode === undefined ? {} : { SCGI_SERVER_DISPATCH: mode };
}

/** Copies a handler to where the sample of a supervisor has it: as hello.mjs of an application's folder; `none`: none. */
export function application(dir: string, handler: string): string {
  const app = path.join(dir, 'srv');
  fs.mkdirSync(app);
  if (handler !== 'none')
    fs.copyFileSync(path.join(HANDLERS, handler), path.join(app, 'hello.mjs'));
  return app;
}

/** Masters among the processes that `pid` has started, or `pid` itself: they run our program, and not as workers. */
export function masters(pid: number): number[] {
  return [pid, ...descendants(pid)].filter((one) => {
    const title = readIfThere(`/proc/${one}/cmdline`).replaceAll('\0', ' ');
    const comm = readIfThere(`/proc/${one}/comm`).trim();
    return comm === 'node' && title.includes('bin/scgi-server.js');
  });
}

/** All processes that `pid` has started, and those that they have. */
export function descendants(pid: number): number[] {
  const children = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => readIfThere(`/proc/${name}/status`).includes(`\nPPid:\t${pid}\n`))
    .map(Number)
    .filter(isAlive);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

export function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    // It is not there yet, or no more.
    return '';
  }
}

/** Runs a command to its end. @returns what it printed */
export function run(command: string, ...args: readonly string[]): string {
  return execFileSync(programPath(command) ?? command, args, { encoding: 'utf8', timeout: 30_000 });
}
