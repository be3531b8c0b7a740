// A program that was started by posix_spawn. Most end within milliseconds: all that they wrote is read at
// once then, and no stream was ever made. One that stays gets streams.

import type { Socket } from 'node:net';
import type { PipeState } from '../../../posix/pipe.ts';
import { lookAtPipes, NO_PIPE } from '../../../posix/pipe.ts';
import { endOf, reap } from '../../../posix/spawn.ts';
import { killGroup } from '../kill-group.ts';
import type { OutputPipe } from './output-pipe.ts';
import type { ProgramEnd, ProgramOwner, RunningProgram } from '../program.ts';

/** Our ends of its pipes. */
export interface ProgramPipes {
  stdin?: Socket | undefined;
  /** Without: its output does not come here. */
  stdout?: OutputPipe | undefined;
  stderr: OutputPipe;
}

/** Who is told of it. */
type Owner = Pick<ProgramOwner, 'stays' | 'wroteAll' | 'ended'>;

/** It is looked at when it is this old, and then when it is twice as old, milliseconds. */
const FIRST_LOOK_MS = 4;
/** One that is older than this stays. */
const YOUTH_MS = 100;

export class NativeProgram implements RunningProgram {
  readonly pid: number;
  readonly #pipes: ProgramPipes;
  readonly #owner: Owner;
  #clock: NodeJS.Timeout;
  /** Until it is over it is not reaped, so that its number, and its group's, stay its own. */
  #end: ProgramEnd | undefined;
  #isOutputOver = false;
  #isStream = false;
  #isStopping = false;
  #isOver = false;

  constructor(pid: number, pipes: ProgramPipes, owner: Owner) {
    this.pid = pid;
    this.#pipes = pipes;
    this.#isOutputOver = pipes.stdout === undefined;
    this.#owner = owner;
    this.#clock = this.#lookAgainIn(FIRST_LOOK_MS);
  }

  /** Sees whether it has ended. */
  look(): void {
    if (this.#end !== undefined) return;
    this.#end = endOf(this.pid);
    if (this.#end === undefined) return;
    this.#takeRest();
    this.#finish();
    // Somebody whom it has started holds its output open.
    if (!this.#isOver && !this.#isStream) this.#stay();
  }

  resume(): void {
    this.#pipes.stdout?.resume();
  }

  stop(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#isOver) return;
    this.#isStopping = true;
    killGroup(this.pid, signal);
    this.#finish();
  }

  /** One that has written something and goes on is not to be kept waiting. */
  #lookAgainIn(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.look();
      if (this.#end !== undefined) return;
      const [output, errors] = this.#lookAtPipes();
      if (output.hasBytes || errors.hasBytes || delayMs > YOUTH_MS) this.#stay();
      else this.#clock = this.#lookAgainIn(delayMs * 2);
    }, delayMs);
  }

  #stay(): void {
    if (this.#isOver || this.#isStream) return;
    this.#isStream = true;
    clearTimeout(this.#clock);
    this.#owner.stays();
    // Its time may be over already, and its pipes closed.
    if (this.#isOver) return;
    const { stdout, stderr } = this.#pipes;
    try {
      stderr.becomeStream(() => {});
      stdout?.becomeStream(() => {
        this.#isOutputOver = true;
        this.#finish();
        if (!this.#isOver) this.#owner.wroteAll();
      });
    } catch {
      // Node gives no reason that helps: out of memory, or of watches.
      this.stop('SIGKILL');
    }
  }

  /** What it wrote before it ended is in its pipes, unless they are streams and have taken it. */
  #takeRest(): void {
    const { stdout, stderr } = this.#pipes;
    const [output, errors] = this.#lookAtPipes();
    if (errors.hasBytes) stderr.read();
    if (stdout === undefined || !output.isOver) return;
    while (output.hasBytes && stdout.read());
    this.#isOutputOver = true;
  }

  #lookAtPipes(): [output: PipeState, errors: PipeState] {
    const { stdout, stderr } = this.#pipes;
    return lookAtPipes(this.#isStream ? NO_PIPE : (stdout?.fd ?? NO_PIPE), stderr.fd);
  }

  #finish(): void {
    if (this.#isOver || this.#end === undefined) return;
    if (!this.#isOutputOver && !this.#isStopping) return;
    this.#isOver = true;
    clearTimeout(this.#clock);
    const { stdin, stdout, stderr } = this.#pipes;
    stdin?.destroy();
    stdout?.close();
    stderr.close();
    if (this.#isStopping) killGroup(this.pid, 'SIGKILL');
    reap(this.pid);
    this.#owner.ended(this.#end);
  }
}
