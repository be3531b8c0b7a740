// Ownership of descriptors. A number that is closed twice closes a stranger's connection, so that must be
// impossible: what has been closed or given away has no number any more.

import { InternalError } from '../errors.ts';
import { check } from './answers.ts';
import { ERRNO, PosixError } from './errno.ts';
import { loadPosix } from './libc.ts';

const NONE = -1;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
/** Above standard input, output and error. */
const FIRST_PRIVATE_FD = 3;

/** A descriptor with one owner: closed exactly once, unusable afterwards. */
export class Descriptor {
  /** What it is, in words that fit into "… failed": `worker 3's channel`. */
  readonly subject: string;
  #fd: number;

  /** Takes over an open descriptor. */
  constructor(fd: number, subject: string) {
    if (!Number.isInteger(fd) || fd < 0) {
      throw new InternalError(`${subject}: expected an open descriptor, got ${fd}`);
    }
    this.#fd = fd;
    this.subject = subject;
  }

  /** The number, for one call; never keep it. */
  get fd(): number {
    if (this.#fd === NONE) throw new InternalError(`${this.subject} is used after it was closed`);
    return this.#fd;
  }

  get isOpen(): boolean {
    return this.#fd !== NONE;
  }

  /** Gives the number away, to a `net.Socket` for example, which will close it. */
  release(): number {
    const { fd } = this;
    this.#fd = NONE;
    return fd;
  }

  close(): void {
    const { fd } = this;
    this.#fd = NONE;
    closeFd(fd, this.subject);
  }
}

/**
 * Makes a second descriptor of the same thing, not inherited by children.
 *
 * @returns undefined when this process has none left
 * @see fcntl(2), F_DUPFD_CLOEXEC
 */
export function duplicate({ fd, subject }: Descriptor): Descriptor | undefined {
  const posix = loadPosix();
  const copy = posix.fcntl(fd, F_DUPFD_CLOEXEC, 'int', FIRST_PRIVATE_FD);
  if (copy >= 0) return new Descriptor(copy, subject);
  const errno = posix.errno();
  if (errno === ERRNO.EMFILE) return undefined;
  throw new PosixError('fcntl', errno, subject);
}

/** Makes calls on it wait, as programs expect of their standard streams; for all who have it. */
export function makeBlocking(fd: number): void {
  check('fcntl', loadPosix().fcntl(fd, F_SETFL, 'int', 0), fd);
}

/**
 * Makes the number `as` another one of what `fd` is, inherited by children; what it was before is closed.
 *
 * @see dup2(2)
 */
export function duplicateAs(fd: number, as: number): void {
  check('dup2', loadPosix().dup2(fd, as), fd);
}

/**
 * The place of one connection on the hot path: the same rule as for a {@link Descriptor}, with one
 * object for all the connections that a place sees. Empty, full, empty: never two at once.
 */
export class ConnectionSlot {
  #fd: number = NONE;

  get isEmpty(): boolean {
    return this.#fd === NONE;
  }

  /** Takes over a connection that accept or a channel has just returned. */
  put(fd: number): void {
    if (this.#fd !== NONE) throw new InternalError(`connection ${this.#fd} would be forgotten`);
    this.#fd = fd;
  }

  /** The number, for one call; never keep it. */
  get fd(): number {
    if (this.#fd === NONE) throw new InternalError('a connection is used after it was closed');
    return this.#fd;
  }

  /** Gives the connection away and leaves the slot empty. */
  take(): number {
    const { fd } = this;
    this.#fd = NONE;
    return fd;
  }

  close(): void {
    closeFd(this.take());
  }
}

/**
 * Closes a bare number. Only for the one place that owns it: what accept, a channel or `take()`
 * has returned, and what has not been handed on since.
 *
 * @throws InternalError if it is not open: it has been closed elsewhere, and next time it may be another's
 */
export function closeFd(fd: number, subject?: string): void {
  const posix = loadPosix();
  if (posix.close(fd) === 0) return;
  const errno = posix.errno();
  // Linux has released the number before it reports any other error, EINTR included: see close(2).
  if (errno === ERRNO.EBADF) {
    const name = subject ?? `connection ${fd}`;
    const cause = new PosixError('close', errno, name);
    throw new InternalError(`${name} was closed twice`, { cause });
  }
}
