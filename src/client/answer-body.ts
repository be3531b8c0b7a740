// The body of an SCGI answer as a stream: what follows the head, up to Content-Length or the end of the
// connection. Knows where the body ends, and notices when it ended too early.

import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { ServerError } from '../errors.ts';
import { brokenOff } from './exchange-error.ts';

/** Streams an answer's body with back-pressure; destroying it closes the connection. */
export class AnswerBody extends Readable {
  readonly #socket: Socket;
  readonly #expected: number | undefined;
  #received = 0;
  #isComplete = false;

  /**
   * @param socket - paused, with the head already taken; ownership passes to the stream
   * @param first - bytes of the body that arrived together with the head
   * @param expected - length of the body, bytes; undefined: it ends with the connection
   */
  constructor(socket: Socket, first: Buffer, expected: number | undefined) {
    super();
    this.#socket = socket;
    this.#expected = expected;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.once('end', () => this.#endOfConnection());
    socket.once('close', () => {
      if (!this.#isComplete) this.destroy(brokenOff(socket, 'in the middle of the answer'));
    });
    this.#take(first);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }

  #take(chunk: Buffer): void {
    if (this.#isComplete) return;
    // Front servers drop what follows the announced length, and so do we.
    const room = (this.#expected ?? Number.POSITIVE_INFINITY) - this.#received;
    const wanted = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#received += wanted.length;
    if (wanted.length > 0 && !this.push(wanted)) this.#socket.pause();
    if (this.#received === this.#expected) this.#complete();
  }

  #endOfConnection(): void {
    if (this.#isComplete) return;
    if (this.#expected === undefined) {
      this.#complete();
      return;
    }
    const message = `the answer was cut short: ${this.#received} of ${this.#expected} bytes of its body arrived`;
    this.destroy(new ServerError('ERR_SCGI_RESPONSE', message));
  }

  #complete(): void {
    this.#isComplete = true;
    this.push(null);
    this.#socket.destroy();
  }
}
