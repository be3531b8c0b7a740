// A CGI program, while it is only a name, and while it runs. Types only. Strings are latin-1: each
// character is a byte, since paths and variables need not be text.

import type { Readable } from 'node:stream';

/** A program that a request may run. */
export interface Program {
  /** Path of its file, absolute. */
  readonly file: string;
  /** Its working directory: the one that the file is in. */
  readonly directory: string;
  /** Its own name first. */
  readonly args: readonly string[];
  /** What the log calls it: text, not bytes. */
  readonly title: string;
}

/** What a program is started with. */
export interface Launch {
  readonly program: Program;
  /** Its environment, `NAME=VALUE` each. */
  readonly env: readonly string[];
  /** The request's body; `undefined`: there is none. */
  readonly input: Readable | undefined;
  /** Descriptor of the connection, where that is to be the program's standard input and output. */
  readonly connection?: number | undefined;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Exit code; `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Who is told what becomes of a program. */
export interface ProgramOwner {
  /** A part of its output. @returns false: no more before `resume` */
  wrote(chunk: Buffer): boolean;
  /** It has closed its output, and has not ended, or that is not known yet. Told at most once. */
  wroteAll(): void;
  /** A part of its error output. */
  complained(chunk: Buffer): void;
  /** It runs for longer than a moment: from now on it has to be looked after. Told at most once. */
  stays(): void;
  /** Told once: it is gone, and all of its output has been told. */
  ended(end: ProgramEnd): void;
  /** Told instead: it never ran. */
  notStarted(error: Error): void;
}

/** A program that runs. */
export interface RunningProgram {
  /** Its output is wanted again. */
  resume(): void;
  /** Sends a signal to its whole process group. What is left of the group dies with the program. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** Starts programs. */
export interface Launcher {
  /** Whether programs can get a connection. */
  readonly canLend: boolean;
  /** @throws if it cannot be started, unless `owner` is told so */
  start(launch: Launch, owner: ProgramOwner): RunningProgram;
  /** Kills everything that runs: this process ends. */
  killAll(): void;
}
