// Ties between processes and threads: dying with the parent, waking a thread, copying another process's descriptor.

import { constants } from 'node:os';
import type { Answers } from './answers.ts';
import { answers, answerTo, check, NOTHING } from './answers.ts';
import { Descriptor } from './descriptor.ts';
import { ERRNO, PosixError } from './errno.ts';
import { loadPosix } from './libc.ts';
import { NativeBuffer } from './native-buffer.ts';

const PR_SET_PDEATHSIG = 1;
const EFD_QUIET: number = 0o4000 | 0o2000000;

/**
 * Has the kernel send `signal` to this process when its parent dies, whatever this process is doing.
 *
 * Call it after privileges were dropped, which clears it. The "parent" is the thread that spawned
 * us (prctl(2)): it must be the master's main thread.
 *
 * @param parentPid - the parent as it called itself; it may have died before we asked
 * @returns false if it is gone already: nobody will send the signal, exit now
 */
export function dieWithParent(signal: NodeJS.Signals, parentPid: number): boolean {
  const number = constants.signals[signal];
  check('prctl', loadPosix().prctl(PR_SET_PDEATHSIG, 'unsigned long', number), signal);
  return process.ppid === parentPid;
}

const EVENT: Answers = answers([NOTHING, ERRNO.EAGAIN]);

/** The counter that is added by {@link signalEvent}, 1, and one that is read and forgotten. */
let counters: NativeBuffer | undefined;

/**
 * Makes an eventfd: readable from a signal until it is drained. To wake a thread out of its epoll.
 *
 * @throws PosixError
 * @see eventfd(2)
 */
export function createEvent(subject: string): Descriptor {
  return new Descriptor(check('eventfd', loadPosix().eventfd(0, EFD_QUIET), subject), subject);
}

/** Signals an event; twice is like once. */
export function signalEvent(fd: number): void {
  const { address } = (counters ??= newCounters());
  // EAGAIN: the counter is full, so it is signalled.
  if (loadPosix().write(fd, address, 8) < 0) answerTo('write', EVENT, fd);
}

/** Returns whether the event was signalled, and makes it unsignalled. */
export function drainEvent(fd: number): boolean {
  const { address } = (counters ??= newCounters());
  if (loadPosix().read(fd, address + 8, 8) > 0) return true;
  answerTo('read', EVENT, fd);
  return false;
}

/**
 * Copies a descriptor of another process; the copy refers to the same connection.
 *
 * @returns the copy, or the error: EPERM (not allowed here), ENOSYS (kernel before 5.6), ESRCH (no
 *   such process), EBADF (no such descriptor), EMFILE, ENFILE
 * @see pidfd_getfd(2)
 */
export function copyDescriptorOf(pid: number, fd: number): Descriptor | PosixError {
  const posix = loadPosix();
  const subject = `fd ${fd} of process ${pid}`;
  const pidfd = posix.pidfd_open(pid);
  if (pidfd < 0) return new PosixError('pidfd_open', posix.errno(), subject);
  const handle = new Descriptor(pidfd, `process ${pid}`);
  try {
    const copy = posix.pidfd_getfd(pidfd, fd);
    if (copy < 0) return new PosixError('pidfd_getfd', posix.errno(), subject);
    return new Descriptor(copy, subject);
  } finally {
    handle.close();
  }
}

function newCounters(): NativeBuffer {
  const buffer = new NativeBuffer(16);
  buffer.bytes.writeUInt32LE(1, 0);
  return buffer;
}
