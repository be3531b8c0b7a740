// Starts programs without copying this process: posix_spawn(3). Forking a Node.js process costs several
// times as much as what the program then does to begin.

import { constants } from 'node:os';
import { check } from './answers.ts';
import { PosixError } from './errno.ts';
import { loadPosixSpawn } from './libc.ts';
import { NativeBuffer } from './native-buffer.ts';
import type { StartStrings } from './start-layout.ts';
import { layOut } from './start-layout.ts';

/** A program to start. */
export interface ProgramStart extends StartStrings {
  /** What become its standard input, output and error; it gets no other descriptor. */
  stdio: readonly [number, number, number];
}

/** How a process ended. */
export interface ProcessEnd {
  /** Exit code; `null` when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETPGROUP = 0x02;
/** More than any of the structs has in any C library. */
const STRUCT_BYTES = 512;

const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x01000000;
const CLD_EXITED = 1;
/** Where siginfo_t has its parts, in 32-bit words (LP64). */
const SI_CODE = 2;
const SI_PID = 4;
const SI_STATUS = 6;

const SIGNAL_NAMES: ReadonlyMap<number, NodeJS.Signals> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
);

/** What every start needs, made at the first. */
class Tools {
  readonly posix = loadPosixSpawn();
  readonly actions = new NativeBuffer(STRUCT_BYTES);
  readonly attributes = new NativeBuffer(STRUCT_BYTES);
  readonly pid = new NativeBuffer(STRUCT_BYTES);
  readonly pidWords = this.pid.words();
  readonly info = new NativeBuffer(STRUCT_BYTES);
  readonly infoWords = this.info.words();

  constructor() {
    const { posix, attributes } = this;
    const signals = new NativeBuffer(STRUCT_BYTES);
    posix.sigfillset(signals.address);
    verify(posix.posix_spawnattr_init(attributes.address), 'attributes');
    // Signals as after a login: none blocked (the mask is empty), and none ignored, as Node does SIGPIPE.
    const flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    verify(posix.posix_spawnattr_setflags(attributes.address, flags), 'attributes');
    verify(posix.posix_spawnattr_setsigdefault(attributes.address, signals.address), 'attributes');
  }
}

let tools: Tools | undefined;

/**
 * Starts a program as the leader of a process group of its own. Returns when the program runs, so an
 * error is an error of its start. It has to be reaped.
 *
 * @returns its process id
 * @throws PosixError with an errno of execve(2), fork(2) or chdir(2)
 */
export function startProgram(start: ProgramStart): number {
  const { posix, actions, attributes, pid, pidWords } = (tools ??= new Tools());
  const { address } = actions;
  const { file, directory, args, env } = layOut(start);
  verify(posix.posix_spawn_file_actions_init(address), start.file);
  try {
    for (let fd = 0; fd < start.stdio.length; fd++) {
      const from = start.stdio[fd] as number;
      verify(posix.posix_spawn_file_actions_adddup2(address, from, fd), start.file);
    }
    verify(posix.posix_spawn_file_actions_addchdir_np(address, directory), start.file);
    verify(
      posix.posix_spawn(pid.address, file, address, attributes.address, args, env),
      start.file,
    );
  } finally {
    posix.posix_spawn_file_actions_destroy(address);
  }
  return pidWords[0] as number;
}

/**
 * Returns how a child of ours ended; `undefined` while it runs. Until it is reaped, its number stays its
 * own, and so does that of its process group.
 *
 * @see waitid(2)
 */
export function endOf(pid: number): ProcessEnd | undefined {
  const { infoWords } = (tools ??= new Tools());
  // Of a child that runs, nothing is written.
  infoWords[SI_PID] = 0;
  wait(pid, WNOWAIT);
  if (infoWords[SI_PID] !== pid) return undefined;
  const status = infoWords[SI_STATUS] ?? 0;
  if (infoWords[SI_CODE] === CLD_EXITED) return { code: status, signal: null };
  return { code: null, signal: SIGNAL_NAMES.get(status) ?? null };
}

/** Reaps a child of ours that has ended. */
export function reap(pid: number): void {
  wait(pid, 0);
}

function wait(pid: number, option: number): void {
  const { posix, info } = (tools ??= new Tools());
  const result = posix.waitid(P_PID, pid, info.address, WEXITED | WNOHANG | option);
  check('waitid', result, `process ${pid}`);
}

/** These functions return their error number. */
function verify(errno: number, subject: string): void {
  if (errno !== 0) throw new PosixError('posix_spawn', errno, subject);
}
