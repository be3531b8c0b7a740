// Runs one program for one request, from its start until nothing is left of it.

import type { Writable } from 'node:stream';
import type { HandlerContext } from '../handler.ts';
import { ErrorOutput } from './error-output.ts';
import { OutputGate } from './output-gate.ts';
import type { Launch, Launcher, ProgramEnd, ProgramOwner, RunningProgram } from './program.ts';
import { ProgramError, ProgramStartError } from './program-error.ts';

/** What a program's run takes part in. */
export interface RunParts {
  launcher: Launcher;
  launch: Launch;
  /** Takes what the program writes; `undefined`: it writes elsewhere. */
  output: Writable | undefined;
  context: HandlerContext;
}

/** Time between TERM and KILL for a program that nobody waits for any more, milliseconds. */
const KILL_AFTER_MS = 5_000;
/** A program that is killed closes its output before that is known, on a busy machine long before. */
const ENDING_MS = 1_000;

/**
 * Runs a program; resolves when it is gone and all that it wrote is in `output`.
 *
 * Its whole process group is killed when the time of its request is over. It gets TERM, and KILL if that
 * does not help, when nobody waits for its output any more.
 *
 * @throws ProgramError if it cannot be started, is killed, or writes nothing; the reason of the signal
 */
export function runProgram(parts: RunParts): Promise<void> {
  return new Promise((resolve, reject) => {
    new ProgramRun(parts, (error) => (error === undefined ? resolve() : reject(error))).start();
  });
}

/**
 * The same for a program that has the connection itself.
 *
 * @returns undefined if it cannot be started
 */
export function runOnConnection(parts: RunParts): Promise<void> | undefined {
  let isStarted = false;
  const over = new Promise<void>((resolve, reject) => {
    const settle = (error?: Error): void => (error === undefined ? resolve() : reject(error));
    isStarted = new ProgramRun(parts, settle).start();
  });
  if (isStarted) return over;
  // Why it could not be started is told to whoever starts it the other way.
  over.catch(() => {});
  return undefined;
}

class ProgramRun implements ProgramOwner {
  readonly #parts: RunParts;
  readonly #settle: (error?: Error) => void;
  readonly #errors: ErrorOutput;
  readonly #gate: OutputGate | undefined;
  readonly #abandon: () => void = () => {
    const reason = this.#parts.context.signal.reason as Error;
    this.#stop(isOverdue(reason) ? 'SIGKILL' : 'SIGTERM', reason);
  };
  #program: RunningProgram | undefined;
  /** Why it has to end. */
  #failure: Error | undefined;
  #hasWritten = false;
  /** The signal tells us when nobody waits any more. */
  #isWatched = false;
  #isOver = false;
  /** Until what is to happen next, if the program does not end before. */
  #clock: NodeJS.Timeout | undefined;

  constructor(parts: RunParts, settle: (error?: Error) => void) {
    this.#parts = parts;
    this.#settle = settle;
    this.#errors = new ErrorOutput(this.#title, parts.context.log);
    const { output, launch } = parts;
    this.#gate = output && new OutputGate(output, launch.input, () => this.#program?.resume());
  }

  get #title(): string {
    return this.#parts.launch.program.title;
  }

  /** @returns false if it could not be started; the failure is told */
  start(): boolean {
    const { launcher, launch } = this.#parts;
    try {
      this.#program = launcher.start(launch, this);
      return true;
    } catch (error) {
      this.notStarted(error as Error);
      return false;
    }
  }

  /** Most programs end before anything of this could matter. */
  stays(): void {
    const { output, context } = this.#parts;
    output?.on('drain', () => this.#program?.resume());
    // What it writes is no response, or the peer takes none: see the exchange.
    output?.on('error', (error) => this.#stop('SIGTERM', error));
    context.signal.addEventListener('abort', this.#abandon);
    this.#isWatched = true;
    if (context.signal.aborted) this.#abandon();
  }

  wrote(chunk: Buffer): boolean {
    this.#hasWritten = true;
    return this.#gate?.write(chunk) ?? true;
  }

  /** Its answer is whole, and is not kept waiting for what else it does. One without an answer is judged by its end. */
  wroteAll(): void {
    if (this.#failure !== undefined || !this.#hasWritten) return;
    // Also where we were busy all that time: its end, if it has come, is heard of before.
    this.#clock = setTimeout(() => setImmediate(() => this.#endOutput()), ENDING_MS);
  }

  complained(chunk: Buffer): void {
    this.#errors.push(chunk);
  }

  ended(end: ProgramEnd): void {
    this.#finish(this.#failure ?? this.#judge(end));
  }

  notStarted(error: Error): void {
    this.#finish(new ProgramStartError(this.#title, error));
  }

  #endOutput(): void {
    if (this.#isOver || this.#failure !== undefined) return;
    this.#gate?.end();
  }

  /** The first reason counts. */
  #stop(signal: 'SIGTERM' | 'SIGKILL', reason: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    clearTimeout(this.#clock);
    this.#program?.stop(signal);
    if (signal === 'SIGKILL') return;
    this.#clock = setTimeout(() => {
      this.#parts.context.log.warn(`${this.#title} did not end at SIGTERM, and is killed`);
      this.#program?.stop('SIGKILL');
    }, KILL_AFTER_MS);
  }

  #judge({ code, signal }: ProgramEnd): Error | undefined {
    if (signal !== null) return new ProgramError(`${this.#title} was killed by ${signal}`);
    if (!this.#hasWritten && this.#parts.output !== undefined) {
      return new ProgramError(`${this.#title} wrote no response and exited with code ${code}`);
    }
    if (code !== 0) this.#parts.context.log.warn(`${this.#title} exited with code ${code}`);
    return undefined;
  }

  #finish(error: Error | undefined): void {
    this.#isOver = true;
    clearTimeout(this.#clock);
    this.#gate?.open();
    if (this.#isWatched) this.#parts.context.signal.removeEventListener('abort', this.#abandon);
    this.#errors.end();
    this.#settle(error);
  }
}

/** The time of the request is over, as its signal says. */
function isOverdue(reason: Error): boolean {
  return 'phase' in reason && reason.phase === 'request';
}
