// Our end of a pipe that a program writes to: a bare descriptor first, a stream if the program stays.

import { Socket } from 'node:net';
import type { Descriptor } from '../../../posix/descriptor.ts';
import { closeFd } from '../../../posix/descriptor.ts';
import { NativeBuffer } from '../../../posix/native-buffer.ts';
import { NO_PIPE, readPipe } from '../../../posix/pipe.ts';

/** What a pipe holds unless it is made larger. */
const PIPE_BYTES = 64 * 1024;

/** Filled and emptied in one go. */
let received: NativeBuffer | undefined;

export class OutputPipe {
  readonly #fd: number;
  readonly #take: (chunk: Buffer) => unknown;
  #socket: Socket | undefined;

  /**
   * @param pipe - given away
   * @param take - gets each part; returns false to get no more until `resume`
   */
  constructor(pipe: Descriptor, take: (chunk: Buffer) => unknown) {
    this.#fd = pipe.release();
    this.#take = take;
  }

  /** For a call; {@link NO_PIPE} when it is closed. */
  get fd(): number {
    return this.#socket?.destroyed ? NO_PIPE : this.#fd;
  }

  /** Takes what is there, which must be something. @returns whether it was as much as can be taken at once */
  read(): boolean {
    received ??= new NativeBuffer(PIPE_BYTES);
    const count = readPipe(this.#fd, received);
    if (count > 0) this.#take(Buffer.from(received.bytes.subarray(0, count)));
    return count === received.size;
  }

  /** Takes what comes from now on, and calls `ended` when that was all. */
  becomeStream(ended: () => void): void {
    const socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    this.#socket = socket;
    socket
      .on('data', (chunk: Buffer) => {
        if (this.#take(chunk) === false) socket.pause();
      })
      // Whatever is amiss with a pipe, it is its end.
      .on('error', () => {})
      .once('close', ended);
  }

  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    if (this.#socket === undefined) closeFd(this.#fd);
    else this.#socket.destroy();
  }
}
