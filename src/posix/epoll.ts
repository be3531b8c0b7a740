// Waiting on many descriptors at once, epoll(7), without an object for each event.

import { InternalError } from '../errors.ts';
import type { Answers } from './answers.ts';
import { answers, answerTo, check } from './answers.ts';
import { Descriptor } from './descriptor.ts';
import { loadPosix } from './libc.ts';
import { NativeBuffer } from './native-buffer.ts';

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
/**
 * Of all epolls that watch a descriptor so, one that waits is woken, not each: the first in order
 * of `add`. Such a watch cannot be changed, only removed and added again.
 */
export const EPOLLEXCLUSIVE = 0x10000000;

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;

const WAIT: Answers = answers();

/** Where struct epoll_event has its parts, in 32-bit words. */
export interface EventLayout {
  readonly words: number;
  readonly tagWord: number;
}

/** The kernel packs the struct on x64, and there alone: see `EPOLL_PACKED` in its `eventpoll.h`. */
export function eventLayout(arch: string): EventLayout {
  return arch === 'x64' ? { words: 3, tagWord: 1 } : { words: 4, tagWord: 2 };
}

/** A set of watched descriptors, each with a tag: a number of 32 bits that its events carry. */
export class Epoll {
  readonly #descriptor: Descriptor;
  readonly #layout: EventLayout = eventLayout(process.arch);
  readonly #event: NativeBuffer;
  readonly #eventWords: Int32Array;
  readonly #events: NativeBuffer;
  readonly #eventsWords: Int32Array;
  readonly #capacity: number;

  /** @param capacity - most events that one wait returns; the others come with the next */
  constructor(capacity: number, subject: string) {
    const fd = check('epoll_create1', loadPosix().epoll_create1(EPOLL_CLOEXEC), subject);
    this.#descriptor = new Descriptor(fd, subject);
    this.#event = new NativeBuffer(4 * this.#layout.words);
    this.#eventWords = this.#event.words();
    this.#events = new NativeBuffer(4 * this.#layout.words * capacity);
    this.#eventsWords = this.#events.words();
    this.#capacity = capacity;
  }

  /**
   * Begins to watch a descriptor. It reports at once what is already there, EPOLLEXCLUSIVE or not.
   *
   * @throws PosixError: EEXIST, or ENOMEM and ENOSPC when the kernel takes no more (epoll_ctl(2))
   */
  add(fd: number, flags: number, tag: number): void {
    const words = this.#eventWords;
    words[0] = flags;
    words[this.#layout.tagWord] = tag;
    this.#control(EPOLL_CTL_ADD, fd);
  }

  /**
   * Ends a watch. Do it before the descriptor is closed: while another process has a copy, closing
   * ours does not end the watch (epoll(7), questions and answers).
   */
  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd);
  }

  /**
   * Waits for events; -1 is for ever, 0 only looks.
   *
   * @returns how many there are; 0 when the time is over or a signal came
   */
  wait(timeoutMs: number): number {
    const { fd, subject } = this.#descriptor;
    const events = this.#events.address;
    const count = loadPosix().epoll_wait(fd, events, this.#capacity, timeoutMs);
    if (count >= 0) return count;
    answerTo('epoll_wait', WAIT, subject);
    return 0;
  }

  /** The tag of an event of the last wait. */
  tagAt(index: number): number {
    return this.#word(index, this.#layout.tagWord);
  }

  /** What happened: EPOLLIN and the like. */
  flagsAt(index: number): number {
    return this.#word(index, 0);
  }

  close(): void {
    this.#descriptor.close();
  }

  #word(index: number, offset: number): number {
    const word = this.#eventsWords[index * this.#layout.words + offset];
    if (word === undefined) throw new InternalError(`there is no event ${index}`);
    return word >>> 0;
  }

  #control(operation: number, fd: number): void {
    const posix = loadPosix();
    const { fd: epoll, subject } = this.#descriptor;
    if (posix.epoll_ctl(epoll, operation, fd, this.#event.address) === 0) return;
    check('epoll_ctl', -1, `fd ${fd} in ${subject}`);
  }
}
