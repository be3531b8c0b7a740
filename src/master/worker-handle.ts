// One worker process as its master sees it: identity, state, and what can be done to it.

import type { ChildProcess } from 'node:child_process';
import type { MasterMessage, WorkerMessage } from '../ipc/messages.ts';
import type { ErrorRecord } from '../ipc/error-record.ts';
import { readWorkerMessage } from '../ipc/read-message.ts';
import type { WorkerEvent, WorkerState } from './worker-state.ts';
import { nextState } from './worker-state.ts';

/** How a process ended. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** It could not even be started. */
  error?: Error;
}

/** Why another is to take a worker's place. */
export interface Wear {
  reason: string;
  /** It takes no requests until then. */
  isResting: boolean;
  /** Somebody wants it so; absent: the worker itself, which has served for long enough. */
  isOrdered?: boolean;
}

/** A worker that closed its channel and lives on for this long cannot be used, milliseconds. */
const DEAF_AFTER_MS = 1_000;

export class WorkerHandle {
  readonly slot: number;
  /** Grows with each reload. */
  readonly generation: number;
  readonly process: ChildProcess;
  /** Milliseconds of `performance.now()`. */
  readonly spawnedAt: number = performance.now();
  /** Milliseconds of `performance.now()`; absent before. */
  readyAt: number | undefined;
  /** What it said of a boot that failed. */
  bootError: ErrorRecord | undefined;
  /** It was spawned for the place of another, and has not been given it yet. */
  isReplacement = false;
  /** Another is to take its place. */
  worn: Wear | undefined;
  /** Time for it to finish when it is to leave, as it was told itself, milliseconds. */
  gracefulTimeout = 0;
  /** When it has to be finished, milliseconds of `performance.now()`; before it leaves, never. */
  leavesBy: number = Infinity;
  /** What was said when it did not boot in its time. */
  lateness: string | undefined;
  /** It did not respond any more, and we have killed it. */
  wasStuck = false;
  /** It was killed and does not die: nobody waits for it. */
  isLost = false;
  /** Why we made it leave; absent for a death that nobody asked for. */
  reason: string | undefined;
  #state: WorkerState = 'booting';
  #killTimer: NodeJS.Timeout | undefined;

  constructor(slot: number, process: ChildProcess, generation: number = 0) {
    this.slot = slot;
    this.generation = generation;
    this.process = process;
  }

  get state(): WorkerState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  get uptimeMs(): number {
    return performance.now() - this.spawnedAt;
  }

  /** The only way in which the state changes. */
  apply(event: WorkerEvent): void {
    this.#state = nextState(this.#state, event);
    if (this.#state === 'exited') clearTimeout(this.#killTimer);
  }

  /** Sends a message; lost silently when the worker is dying, which its exit tells. */
  send(message: MasterMessage): void {
    if (this.process.connected) this.process.send(message, () => {});
  }

  /** Calls `overdue` in `delayMs`, unless the worker is gone by then. A later call replaces this one. */
  expect(delayMs: number, overdue: () => void): void {
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(overdue, delayMs);
  }

  /** The worker did what it was expected to do. */
  fulfil(): void {
    clearTimeout(this.#killTimer);
  }

  kill(): void {
    this.apply('kill');
    this.process.kill('SIGKILL');
  }

  /** Ends one that does not respond. Its state stays: it is replaced as one that crashed. */
  killStuck(): void {
    this.wasStuck = true;
    this.process.kill('SIGKILL');
  }

  /** Calls `listener` with every message; `undefined` stands for one that is none of ours. */
  onMessage(listener: (message: WorkerMessage | undefined) => void): void {
    this.process.on('message', (raw) => listener(readWorkerMessage(raw)));
  }

  /** Calls `listener` when the channel has been closed for a while: by then the end of a process has been told. */
  onDeaf(listener: () => void): void {
    this.process.once('disconnect', () => {
      setTimeout(listener, DEAF_AFTER_MS).unref();
    });
  }

  /** Calls `listener` once, when the process is gone or could not be started: 'exit' and 'error' are one event. */
  onEnd(listener: (end: ProcessEnd) => void): void {
    let ended = false;
    const end = (how: ProcessEnd): void => {
      if (ended) return;
      ended = true;
      listener(how);
    };
    this.process.once('exit', (code, signal) => end({ code, signal }));
    this.process.on('error', (error) => {
      // With a pid it runs, and the error is of a message or signal: its exit will tell.
      if (this.process.pid === undefined) end({ code: null, signal: null, error });
    });
  }
}
