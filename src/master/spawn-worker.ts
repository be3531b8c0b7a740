// Starts a worker process: the only place that knows its command line.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorkerSettings } from '../ipc/messages.ts';
import { PRINT_MARK_VARIABLE } from '../ipc/print-mark.ts';

export interface SpawnOptions {
  settings: WorkerSettings;
  /** Flags for the worker's `node`. */
  nodeArgs: readonly string[];
  env: NodeJS.ProcessEnv;
  /** By what its parent knows the marks on what it prints; absent: it sets none. */
  printMark?: string | undefined;
  /** What it inherits behind its channel for messages. */
  descriptors: readonly number[];
}

/** The newest Node that is known to have the flag of V8's below: one that does not would not start. */
const NEWEST_NODE = 26;

/**
 * What a pool of processes wants of each. A flag of the user's that says otherwise comes later and wins.
 *
 * Half the heap, which stays in the processor's cache. And garbage collection by one thread: others
 * help it where processors are idle, but here each has workers of its own to run, and all wait for the slowest
 * (Express behind nginx, as many workers as processors: a quarter more requests).
 */
const NODE_FLAGS = [
  '--max-semi-space-size=2',
  ...(parseInt(process.versions.node) <= NEWEST_NODE ? ['--single-threaded-gc'] : []),
];

/** Of its descriptors, the first behind those of every process and the channel for messages. */
const FIRST_INHERITED_FD = 4;

/**
 * Spawns a worker, with pipes for what it prints, a channel for messages, and a last pipe for its
 * watchdog where it has one.
 *
 * @throws what `spawn` throws at once, such as EAGAIN; the rest comes as an 'error' event
 */
export function spawnWorker(options: SpawnOptions): ChildProcess {
  const { settings, nodeArgs, env, printMark, descriptors } = options;
  const entry = fileURLToPath(entryUrl('worker'));
  const slowLogFd = FIRST_INHERITED_FD + descriptors.length;
  const told = settings.slowLog === undefined ? settings : { ...settings, slowLogFd };
  const args = [...nodeFlags(entry), ...nodeArgs, entry, JSON.stringify(told)];
  const last = settings.slowLog === undefined ? [] : ['pipe' as const];
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', ...descriptors, ...last],
    // Not an argument: those can be read by every user.
    env: printMark === undefined ? env : { ...env, [PRINT_MARK_VARIABLE]: printMark },
  });
}

/**
 * The entry file of a child process that belongs to us, compiled or not as this file is. Compiled, it
 * is one file with all that it needs: loading it module by module takes twice the time of a bare
 * Node's start, and 3 MB.
 */
export function entryUrl(folder: 'worker' | 'http-gateway'): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'cjs';
  return new URL(`../${folder}/entry.${extension}`, import.meta.url);
}

/** Flags that every child of ours needs to run `entry`. */
export function nodeFlags(entry: string): string[] {
  const flags = [...NODE_FLAGS];
  if (entry.endsWith('.ts')) flags.push('--import', 'tsx');
  return flags;
}

/** The environment of workers: ours, or none, with `assignments` (`NAME=VALUE`) on top. */
export function workerEnvironment(
  inherited: NodeJS.ProcessEnv,
  assignments: readonly string[],
  clear: boolean,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = clear ? {} : { ...inherited };
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=');
    env[assignment.slice(0, equals)] = assignment.slice(equals + 1);
  }
  return env;
}
