// Starts programs by posix_spawn, and hears of their ends by SIGCHLD.

import fs from 'node:fs';
import { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { makeBlocking } from '../../../posix/descriptor.ts';
import { keepAllFromChildren } from '../../../posix/end-listening.ts';
import { PosixError } from '../../../posix/errno.ts';
import { loadPosixSpawn } from '../../../posix/libc.ts';
import type { ProgramStart } from '../../../posix/spawn.ts';
import { startProgram } from '../../../posix/spawn.ts';
import { killGroup } from '../kill-group.ts';
import type { ProgramPipes } from './native-program.ts';
import { NativeProgram } from './native-program.ts';
import { OutputPipe } from './output-pipe.ts';
import { Pipes } from './pipes.ts';
import type { Launch, Launcher, ProgramOwner, RunningProgram } from '../program.ts';

const SHELL = '/bin/sh';

export class NativeLauncher implements Launcher {
  readonly canLend = true;
  readonly #running = new Set<NativeProgram>();
  /** Standard input of a program whose request has no body. */
  readonly #nothing: number;

  /** @throws ServerError `ERR_SCGI_POSIX` where programs cannot be started so */
  constructor() {
    loadPosixSpawn();
    keepAllFromChildren();
    this.#nothing = fs.openSync('/dev/null', 'r');
    process.on('SIGCHLD', () => {
      for (const program of this.#running) program.look();
    });
  }

  start(launch: Launch, owner: ProgramOwner): RunningProgram {
    const { connection } = launch;
    if (connection !== undefined) return this.#startOn(connection, launch, owner);
    const { program, env, input } = launch;
    const pipes = new Pipes();
    let stdin: Socket | undefined;
    try {
      const [forInput, toProgram] =
        input === undefined ? [] : pipes.open('the input of a program', false);
      const [forOutput, fromProgram] = pipes.open('the output of a program', true);
      const [forErrors, errors] = pipes.open('the error output of a program', true);
      const stdio = [forInput?.fd ?? this.#nothing, forOutput.fd, forErrors.fd] as const;
      if (toProgram !== undefined) {
        stdin = new Socket({ fd: toProgram.fd, readable: false, writable: true });
        toProgram.release();
      }
      const pid = startOrInterpret({ ...program, env, stdio });
      // A program need not read what it is sent.
      if (input !== undefined && stdin !== undefined) pipeline(input, stdin, () => {});
      const stdout = new OutputPipe(fromProgram, (chunk) => owner.wrote(chunk));
      const stderr = new OutputPipe(errors, (chunk) => owner.complained(chunk));
      return this.#supervise(pid, { stdin, stdout, stderr }, owner);
    } catch (error) {
      stdin?.destroy();
      throw error;
    } finally {
      pipes.close();
    }
  }

  killAll(): void {
    for (const { pid } of this.#running) killGroup(pid, 'SIGKILL');
  }

  #startOn(connection: number, { program, env }: Launch, owner: ProgramOwner): RunningProgram {
    const pipes = new Pipes();
    try {
      const [forErrors, errors] = pipes.open('the error output of a program', true);
      makeBlocking(connection);
      const stdio = [connection, connection, forErrors.fd] as const;
      const pid = startOrInterpret({ ...program, env, stdio });
      const stderr = new OutputPipe(errors, (chunk) => owner.complained(chunk));
      return this.#supervise(pid, { stderr }, owner);
    } finally {
      pipes.close();
    }
  }

  #supervise(pid: number, pipes: ProgramPipes, owner: ProgramOwner): RunningProgram {
    const program = new NativeProgram(pid, pipes, {
      stays: () => owner.stays(),
      wroteAll: () => owner.wroteAll(),
      ended: (end) => {
        this.#running.delete(program);
        owner.ended(end);
      },
    });
    this.#running.add(program);
    return program;
  }
}

/** A script without a first line `#!` is the shell's, as it is where Node starts programs: execvp(3). */
function startOrInterpret(start: ProgramStart): number {
  try {
    return startProgram(start);
  } catch (error) {
    if (!(error instanceof PosixError && error.errno === 'ENOEXEC')) throw error;
    const args = [SHELL, start.file, ...start.args.slice(1)];
    return startProgram({ ...start, file: SHELL, args });
  }
}
