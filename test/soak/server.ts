// The real program as it was built, under the soak's handler: started, watched, ended.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childrenOf } from '../bench/processes.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { LogWatch } from './log-watch.ts';

const BIN = fileURLToPath(new URL('../../bin/scgi-server.js', import.meta.url));
const HANDLER = fileURLToPath(new URL('handler.mjs', import.meta.url));

export const WORKERS = 4;

const READY_WITHIN_MS = 30_000;
/** More than the server allows itself. */
const STOPPED_WITHIN_MS = 20_000;
const GONE_WITHIN_MS = 5_000;

/** How the server ended. */
export interface ServerEnd {
  /** Exit code, or the name of a signal. */
  code: number | string;
  /** Processes of its workers that are still there. */
  leftBehind: number[];
}

export class SoakServer {
  readonly #child: ChildProcess;
  readonly #log: LogWatch;
  #end: number | string | undefined;

  constructor(socket: string, dispatch: string, log: LogWatch) {
    const pool = ['--min-workers', `${WORKERS}`, '--max-workers', `${WORKERS}`];
    // Shorter than the load waits, so that the server is the one that says what is late.
    const times = ['--header-timeout=5s', '--body-timeout=10s', '--send-timeout=10s'];
    const limits = [...times, '--queue-timeout=20s', '--graceful-timeout=10s'];
    const args = ['--socket', socket, '--dispatch', dispatch, ...pool, ...limits];
    this.#log = log;
    this.#child = spawn(process.execPath, [BIN, ...args, '--log-format', 'json', HANDLER], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: cleanEnvironment(),
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => log.push(text));
    }
    this.#child.once('error', (error) => (this.#end = error.message));
    this.#child.once('close', (code, signal) => (this.#end = code ?? signal ?? 'unknown'));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Undefined while it runs. */
  get end(): number | string | undefined {
    return this.#end;
  }

  /** Its workers that are ready to serve, by what the log and the kernel say: children of this master only. */
  workers(): number[] {
    return childrenOf(this.pid).filter((pid) => this.#log.ready.has(pid));
  }

  /** Waits until all workers are there, and none too many. */
  async whenComplete(): Promise<number[]> {
    const isComplete = (): boolean =>
      childrenOf(this.pid).length === WORKERS && this.workers().length === WORKERS;
    const isOver = (): boolean => this.#end !== undefined || isComplete();
    await waitFor(`${WORKERS} ready workers`, isOver, READY_WITHIN_MS);
    if (this.#end !== undefined) throw new Error(`the server has ended: ${this.#end}`);
    return this.workers();
  }

  /** Sends TERM, and waits for the end of the master and of all its children. */
  async stop(): Promise<ServerEnd> {
    const children = childrenOf(this.pid);
    this.#child.kill('SIGTERM');
    await waitFor(
      'the end of the server after TERM',
      () => this.#end !== undefined,
      STOPPED_WITHIN_MS,
    );
    const code = this.#end ?? 'unknown';
    const left = (): number[] => children.filter(isAlive);
    try {
      await waitFor('the end of all workers', () => left().length === 0, GONE_WITHIN_MS);
    } catch {
      // Who is left is part of the report.
    }
    return { code, leftBehind: left() };
  }

  /** Ends everything that still runs; for when the soak itself has failed. */
  destroy(): void {
    if (this.#end !== undefined || this.#child.pid === undefined) return;
    const children = childrenOf(this.pid);
    this.#child.kill('SIGKILL');
    for (const pid of children) kill(pid);
  }
}

/** Sends SIGKILL. @returns false when there is no such process any more */
export function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** This process's environment without what configures a server. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SCGI_SERVER_') && name !== 'WEB_CONCURRENCY',
  );
  return Object.fromEntries(own);
}
