// Where log lines go: a file descriptor, standard error by default, written without ever waiting.
// When the reader of the log stops (multilog paused, disk full) lines are kept in a bounded buffer,
// then whole lines are dropped and counted, and the service goes on. Knows nothing of formats.

import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const STDERR = 2;
const MAX_BUFFERED_BYTES = 1024 * 1024;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 250;
/** Linux's PIPE_BUF. */
const ATOMIC_BYTES = 4096;
const FLUSH_POLL_MS = 10;
/** The line may get through later. Anything else (EPIPE, EBADF, EIO) means that nobody reads. */
const PASSING_ERRORS = new Set(['EAGAIN', 'EWOULDBLOCK', 'ENOSPC', 'EDQUOT']);

type Progress = 'done' | 'blocked' | 'gone';

/** Settings of a {@link LogDestination}. */
export interface LogDestinationOptions {
  /** The descriptor to write to; 2 unless told. */
  readonly fd?: number;
  /** Most bytes kept while the reader does not read; 1 MiB unless told. */
  readonly maxBufferedBytes?: number;
}

/** Writes whole lines to a descriptor; never blocks, never throws. */
export class LogDestination {
  #fd: number;
  readonly #maxBytes: number;
  #writer: NonBlockingWriter | undefined;
  #lines: Buffer[] = [];
  #bufferedBytes = 0;
  /** Its beginning is written, the rest is the first of `#lines`. */
  #isWithinLine = false;
  #isOverflowing = false;
  #droppedLines = 0;
  #unreportedLines = 0;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;

  /** Called with the number of lines dropped since the last call, once lines get through again. */
  onRecovered: (droppedLines: number) => void = () => {};

  constructor({ fd = STDERR, maxBufferedBytes = MAX_BUFFERED_BYTES }: LogDestinationOptions = {}) {
    this.#fd = fd;
    this.#maxBytes = maxBufferedBytes;
  }

  /** Lines lost since the start. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Takes one line, its line end included. It is written whole and in order, or dropped whole. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#isOverflowing || this.#bufferedBytes + bytes.length > this.#maxBytes) {
      this.#isOverflowing = true;
      this.#countDropped(1);
    } else {
      this.#lines.push(bytes);
      this.#bufferedBytes += bytes.length;
    }
    if (this.#retry === undefined) this.#drain();
  }

  /**
   * Writes to `fd` from now on; what the descriptor before does not take is written there, in whole lines.
   * That one is closed.
   */
  moveTo(fd: number): void {
    if (this.#lines.length > 0) this.#drain();
    if (this.#isWithinLine) {
      const cut = this.#lines.shift();
      this.#bufferedBytes -= cut?.length ?? 0;
      this.#isWithinLine = false;
      this.#countDropped(1);
    }
    this.#close();
    this.#fd = fd;
    this.#drain();
  }

  /** Waits until every line is written, at most `timeoutMs` milliseconds; call it before exit. */
  async flush(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    this.#drain();
    while (this.#lines.length > 0 && performance.now() < deadline) {
      await delay(Math.min(FLUSH_POLL_MS, Math.max(0, deadline - performance.now())));
      this.#drain();
    }
  }

  #close(): void {
    const { fd, socket } = this.#writer ?? {};
    this.#writer = undefined;
    // It has taken the descriptor over.
    if (socket !== undefined) {
      socket.destroy();
      return;
    }
    for (const one of new Set([this.#fd, fd ?? this.#fd])) tryClose(one);
  }

  #drain(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#lines.length === 0) this.#isOverflowing = false;
    else this.#drainLines();
  }

  #drainLines(): void {
    const progress = this.#writeLines();
    if (progress === 'blocked') this.#retryLater();
    else this.#retryMs = FIRST_RETRY_MS;
    if (progress === 'gone') this.#dropAll();
    else if (this.#bufferedBytes <= this.#maxBytes / 2) this.#endOverflow();
  }

  #writeLines(): Progress {
    try {
      this.#writer ??= openNonBlocking(this.#fd);
      while (this.#lines.length > 0) {
        this.#removeBytes(writeSync(this.#writer.fd, this.#nextBatch()));
        this.#retryMs = FIRST_RETRY_MS;
      }
      return 'done';
    } catch (error) {
      return PASSING_ERRORS.has((error as NodeJS.ErrnoException).code ?? '') ? 'blocked' : 'gone';
    }
  }

  /** As many lines as fit into what a pipe takes whole or not at all; one line at least. */
  #nextBatch(): Buffer {
    let count = 0;
    let bytes = 0;
    for (const line of this.#lines) {
      bytes += line.length;
      if (count > 0 && bytes > ATOMIC_BYTES) break;
      count += 1;
    }
    return Buffer.concat(this.#lines.slice(0, count));
  }

  /** Forgets what was written, which may end within a line. */
  #removeBytes(written: number): void {
    this.#bufferedBytes -= written;
    let left = written;
    for (let line = this.#lines[0]; line !== undefined && left > 0; line = this.#lines[0]) {
      this.#isWithinLine = line.length > left;
      if (this.#isWithinLine) this.#lines[0] = line.subarray(left);
      else this.#lines.shift();
      left -= Math.min(left, line.length);
    }
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => this.#drain(), this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #dropAll(): void {
    this.#countDropped(this.#lines.length);
    this.#lines = [];
    this.#isWithinLine = false;
    this.#bufferedBytes = 0;
    this.#isOverflowing = false;
  }

  #countDropped(lines: number): void {
    this.#droppedLines += lines;
    this.#unreportedLines += lines;
  }

  /** Only at half of the buffer, or a reader that is merely slow would get a report every line. */
  #endOverflow(): void {
    this.#isOverflowing = false;
    const lines = this.#unreportedLines;
    this.#unreportedLines = 0;
    if (lines > 0) this.onRecovered(lines);
  }
}

interface NonBlockingWriter {
  readonly fd: number;
  /** Its existence keeps the descriptor non-blocking; it is the one to close it. */
  readonly socket?: Socket;
}

/**
 * Finds a descriptor for the same target on which write(2) does not wait.
 *
 * Best is a description of our own: O_NONBLOCK is shared by all who hold the description, and the
 * one at hand is shared with whoever started us. Where it cannot be opened again (sockets, such
 * as journald's; a pipe made by another user, as under setuidgid) libuv sets the flag on it.
 */
function openNonBlocking(fd: number): NonBlockingWriter {
  const target = fstatSync(fd);
  // Files never block, and must keep the offset that they share with other writers.
  if (target.isFile()) return { fd };
  if (!target.isSocket()) {
    const own = tryOpen(`/proc/self/fd/${fd}`);
    if (own !== undefined) return { fd: own };
    if (!target.isFIFO()) return { fd };
  }
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.unref();
  return { fd, socket };
}

function tryOpen(path: string): number | undefined {
  try {
    return openSync(
      path,
      constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch {
    // no /proc (not Linux), or not ours to open: the caller knows another way
    return undefined;
  }
}

/** A file system may say only now that something was not written: nothing can be done about it any more. */
function tryClose(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // The number is free in any case.
  }
}
