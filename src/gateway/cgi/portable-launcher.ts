// Starts programs with Node's own means: wherever Node runs, at the price of a fork.

import { Buffer } from 'node:buffer';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { pipeline } from 'node:stream';
import type { Launch, Launcher, ProgramEnd, ProgramOwner, RunningProgram } from './program.ts';
import { killGroup } from './kill-group.ts';

export class PortableLauncher implements Launcher {
  readonly canLend = false;
  readonly #running = new Set<number>();

  start(launch: Launch, owner: ProgramOwner): RunningProgram {
    const child = spawnProgram(launch);
    const { pid } = child;
    if (pid !== undefined) {
      this.#running.add(pid);
      child.once('exit', () => this.#running.delete(pid));
    }
    return new PortableProgram(child, launch, owner);
  }

  killAll(): void {
    for (const pid of this.#running) killGroup(pid, 'SIGKILL');
  }
}

class PortableProgram implements RunningProgram {
  readonly #child: ChildProcess;
  readonly #owner: ProgramOwner;
  #end: ProgramEnd | undefined;
  #isOutputOver = false;
  #isStopping = false;
  #isOver = false;

  constructor(child: ChildProcess, { input }: Launch, owner: ProgramOwner) {
    this.#child = child;
    this.#owner = owner;
    const { stdin, stdout, stderr } = child;
    // A program need not read what it is sent.
    if (stdin !== null && input !== undefined) pipeline(input, stdin, () => {});
    stdout?.on('data', (chunk: Buffer) => {
      if (!owner.wrote(chunk)) stdout.pause();
    });
    stdout?.on('close', () => {
      this.#isOutputOver = true;
      this.#finish();
      if (!this.#isOver) owner.wroteAll();
    });
    stderr?.on('data', (chunk: Buffer) => owner.complained(chunk));
    child.once('spawn', () => owner.stays());
    child.once('exit', (code, signal) => this.#exited({ code, signal }));
    child.on('error', (error) => {
      if (child.pid === undefined) owner.notStarted(error);
    });
  }

  resume(): void {
    this.#child.stdout?.resume();
  }

  stop(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#isStopping = true;
    const { pid } = this.#child;
    // Once it is reaped, its number may be another's.
    if (pid !== undefined && this.#end === undefined) killGroup(pid, signal);
    this.#finish();
  }

  #exited(end: ProgramEnd): void {
    this.#end = end;
    const { pid } = this.#child;
    // At once, for the same reason.
    if (this.#isStopping && pid !== undefined) killGroup(pid, 'SIGKILL');
    this.#finish();
  }

  /** The output may be held open by others; when it has to stop, nobody waits for them. */
  #finish(): void {
    if (this.#isOver || this.#end === undefined) return;
    if (!this.#isOutputOver && !this.#isStopping) return;
    this.#isOver = true;
    const { stdin, stdout, stderr } = this.#child;
    // What it wrote before its end is there already, and read in this turn.
    setImmediate(() => {
      for (const stream of [stdin, stdout, stderr]) stream?.destroy();
      this.#owner.ended(this.#end as ProgramEnd);
    });
  }
}

/** Node takes text only: bytes that are not UTF-8 become U+FFFD. */
function spawnProgram({ program, env, input }: Launch): ChildProcess {
  const [argv0, ...args] = program.args.map(toText);
  return spawn(toText(program.file), args, {
    ...(argv0 !== undefined && { argv0 }),
    env: Object.fromEntries(env.map(splitAssignment)),
    cwd: toText(program.directory),
    // In a session of its own, so that it can be killed with all that it started.
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
}

function splitAssignment(assignment: string): [name: string, value: string] {
  const equals = assignment.indexOf('=');
  return [assignment.slice(0, equals), toText(assignment.slice(equals + 1))];
}

function toText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
