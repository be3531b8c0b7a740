// One place of the load: the connection that it has now, and what it has sent and received on it.

import { ConnectionSlot } from '../../../src/posix/descriptor.ts';
import { TOKEN_LENGTH, tokenOf, tokenOffset } from './request.ts';

const STATUS = Buffer.from('Status: 200');

/** How long a head may be in token mode, where the answer is kept to be looked at. */
const HEAD_LIMIT = 4_096;

/** What every answer must be, beside a 200. */
export interface Expectation {
  /** Bytes of the whole answer, its head included; without: any. */
  answerBytes?: number | undefined;
  /** Whether its body has to be the token of its request. */
  token: boolean;
}

export class Exchange {
  readonly connection: ConnectionSlot = new ConnectionSlot();
  /** In token mode a copy of its own, as each carries another token. */
  readonly request: Buffer;
  startedAt = 0;
  sent = 0;
  #received = 0;
  #isWrong = false;
  #token = '';
  readonly #expectation: Expectation;
  readonly #tokenAt: number;
  /** The answer's beginning; in token mode only. */
  readonly #answer: Buffer | undefined;

  constructor(request: Buffer, expectation: Expectation) {
    this.#expectation = expectation;
    this.request = expectation.token ? Buffer.from(request) : request;
    this.#tokenAt = tokenOffset(request);
    if (expectation.token) this.#answer = Buffer.alloc(HEAD_LIMIT + TOKEN_LENGTH);
  }

  /** Begins the request of this number on a new connection, of which it becomes the owner. */
  begin(fd: number, number: number, now: number): void {
    this.connection.put(fd);
    this.startedAt = now;
    this.sent = 0;
    this.#received = 0;
    this.#isWrong = false;
    if (this.#answer === undefined) return;
    this.#token = tokenOf(number);
    this.request.write(this.#token, this.#tokenAt, 'latin1');
  }

  get isSent(): boolean {
    return this.sent === this.request.length;
  }

  /** Looks at the next `count` bytes of the answer, at the beginning of `bytes`. */
  take(bytes: Buffer, count: number): void {
    // Mostly all of it is in the first piece; a loop, as it may end anywhere.
    for (let n = 0; n < count && this.#received + n < STATUS.length; n++) {
      if (bytes[n] !== STATUS[this.#received + n]) this.#isWrong = true;
    }
    if (this.#answer !== undefined) bytes.copy(this.#answer, this.#received, 0, count);
    this.#received += count;
  }

  /** Whether the answer, which has ended, is the right one. */
  isRight(): boolean {
    const { answerBytes } = this.#expectation;
    if (this.#isWrong || this.#received < STATUS.length) return false;
    if (answerBytes !== undefined && this.#received !== answerBytes) return false;
    return this.#answer === undefined || this.#hasToken(this.#answer);
  }

  #hasToken(answer: Buffer): boolean {
    if (this.#received > answer.length) return false;
    const text = answer.toString('latin1', 0, this.#received);
    return text.slice(text.indexOf('\r\n\r\n') + 4) === this.#token;
  }
}
