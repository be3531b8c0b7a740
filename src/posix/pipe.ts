// Pipes to and from programs. Neither end is inherited unless it is made somebody's standard stream.

import { answers, answerTo, check } from './answers.ts';
import { Descriptor } from './descriptor.ts';
import { loadPosix, loadPosixSpawn } from './libc.ts';
import { NativeBuffer } from './native-buffer.ts';

const O_CLOEXEC = 0o2000000;
const POLLIN = 1;
const POLLHUP = 0x10;

/** No descriptor: nothing is ever there. */
export const NO_PIPE = -1;

/** What there is to read from a pipe. */
export interface PipeState {
  hasBytes: boolean;
  /** Nobody has its other end any more: what is there is all. */
  isOver: boolean;
}

/** Two descriptors; or two structs pollfd, each with a descriptor, and its events in two half words. */
class Block {
  readonly buffer = new NativeBuffer(16);
  readonly words = this.buffer.words();
}

let block: Block | undefined;

const INTERRUPTED = answers();

/**
 * Makes a pipe. Both of its ends wait, as programs expect of their standard streams.
 *
 * @throws PosixError, such as EMFILE
 * @see pipe(2)
 */
export function createPipe(subject: string): [reading: Descriptor, writing: Descriptor] {
  const { buffer, words } = (block ??= new Block());
  check('pipe2', loadPosixSpawn().pipe2(buffer.address, O_CLOEXEC), subject);
  const [reading = NO_PIPE, writing = NO_PIPE] = words;
  return [new Descriptor(reading, subject), new Descriptor(writing, subject)];
}

/**
 * Looks at two pipes at once, or at one of them.
 *
 * @see poll(2)
 */
export function lookAtPipes(first: number, second: number): [PipeState, PipeState] {
  const { buffer, words } = (block ??= new Block());
  words[0] = first;
  words[1] = POLLIN;
  words[2] = second;
  words[3] = POLLIN;
  // Though it does not wait: a signal that comes just then, such as that of a child's end, interrupts it.
  while (loadPosix().poll(buffer.address, 2, 0) < 0) answerTo('poll', INTERRUPTED, first);
  return [stateOf(words[1] ?? 0), stateOf(words[3] ?? 0)];
}

/**
 * Reads what is there, as much as `buffer` holds; waits if nothing is.
 *
 * @see read(2)
 */
export function readPipe(fd: number, buffer: NativeBuffer): number {
  return check('read', loadPosix().read(fd, buffer.address, buffer.size), fd);
}

/** @param events - what happened is in the upper half */
function stateOf(events: number): PipeState {
  const happened = events >>> 16;
  return { hasBytes: (happened & POLLIN) !== 0, isOver: (happened & POLLHUP) !== 0 };
}
