// A closed loop of SCGI requests: so many connections at once, and where one ends the next begins.

import type { NativeBuffer } from '../../../src/posix/native-buffer.ts';
import { EPOLLIN, EPOLLOUT, Epoll } from '../../../src/posix/epoll.ts';
import { NOTHING } from '../../../src/posix/answers.ts';
import { receive, sendOnce } from '../../../src/posix/sockets.ts';
import { REFUSED } from './connect.ts';
import type { Expectation } from './exchange.ts';
import { Exchange } from './exchange.ts';
import { Latencies } from './latencies.ts';

export interface LoopOptions extends Expectation {
  connect: () => number;
  /** One request, whole. */
  request: Buffer;
  /** Where answers are received. */
  buffer: NativeBuffer;
  connections: number;
  /** When no more requests begin: after so many milliseconds, or so many requests. */
  forMs: number;
  requests: number;
}

/** Requests that failed, by what became of them. */
export interface Failures {
  /** No connection: nobody listens, or the queue is full. */
  refused: number;
  /** The connection broke. */
  broken: number;
  /** The answer was no 200, or not the one of its request. */
  wrong: number;
  /** Nothing happened on any connection for ten seconds. */
  stalled: number;
}

const STALL_MS = 10_000;
const RETRY_MS = 1;
const EVENTS_AT_ONCE = 512;

export class ClosedLoop {
  readonly latencies: Latencies = new Latencies();
  readonly failures: Failures = { refused: 0, broken: 0, wrong: 0, stalled: 0 };
  receivedBytes = 0;
  readonly #options: LoopOptions;
  readonly #epoll = new Epoll(EVENTS_AT_ONCE, 'the load generator');
  readonly #exchanges: Exchange[];
  /** Places without a connection that want one. */
  #waiting: number[] = [];
  #running = 0;
  #begun = 0;
  #deadline = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#exchanges = Array.from(
      { length: options.connections },
      () => new Exchange(options.request, options),
    );
  }

  /** Runs to the end without a return to the event loop. @returns milliseconds that it took */
  run(): number {
    const startedAt = performance.now();
    this.#deadline = startedAt + this.#options.forMs;
    this.#waiting = this.#exchanges.map((_, place) => place);
    for (;;) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const place of waiting) this.#begin(place);
      const canRetry = this.#waiting.length > 0;
      if (this.#running === 0 && !canRetry) break;
      const waitingSince = performance.now();
      const count = this.#epoll.wait(canRetry ? RETRY_MS : STALL_MS);
      // A signal ends a wait too, and a profiler sends many.
      if (count === 0 && performance.now() - waitingSince >= STALL_MS) {
        this.failures.stalled = this.#running;
        break;
      }
      for (let n = 0; n < count; n++) this.#step(this.#epoll.tagAt(n), this.#epoll.flagsAt(n));
    }
    return performance.now() - startedAt;
  }

  #begin(place: number): void {
    const now = performance.now();
    if (now >= this.#deadline || this.#begun >= this.#options.requests) return;
    const number = this.#begun++;
    const fd = this.#options.connect();
    if (fd === REFUSED) {
      this.failures.refused++;
      this.#waiting.push(place);
      return;
    }
    const exchange = this.#at(place);
    exchange.begin(fd, number, now);
    this.#running++;
    this.#send(exchange);
    this.#epoll.add(fd, exchange.isSent ? EPOLLIN : EPOLLIN | EPOLLOUT, place);
  }

  /** Goes on with one connection, on which something happened. */
  #step(place: number, flags: number): void {
    const exchange = this.#at(place);
    if (!exchange.isSent && (flags & EPOLLOUT) !== 0) {
      this.#send(exchange);
      if (exchange.isSent) {
        const { fd } = exchange.connection;
        this.#epoll.remove(fd);
        this.#epoll.add(fd, EPOLLIN, place);
      }
    }
    // Ends and errors are received too.
    if ((flags & ~EPOLLOUT) !== 0) this.#receive(place);
  }

  /** Sends what the kernel takes. An error shows when the answer is received, or as its lack. */
  #send(exchange: Exchange): void {
    const { request, sent } = exchange;
    const rest = sent === 0 ? request : request.subarray(sent);
    const count = sendOnce(exchange.connection.fd, rest, rest.length);
    if (count > 0) exchange.sent += count;
  }

  /** Receives what is there, to the end of the answer if it has come. */
  #receive(place: number): void {
    const exchange = this.#at(place);
    const { buffer } = this.#options;
    const { fd } = exchange.connection;
    for (;;) {
      const count = receive(fd, buffer, 0);
      if (count > 0) {
        exchange.take(buffer.bytes, count);
        this.receivedBytes += count;
      } else if (count === NOTHING) {
        return;
      } else {
        this.#finish(place, count === 0);
        return;
      }
    }
  }

  #finish(place: number, isWhole: boolean): void {
    const exchange = this.#at(place);
    exchange.connection.close();
    this.#running--;
    if (!isWhole) this.failures.broken++;
    else if (exchange.isRight()) this.latencies.add(performance.now() - exchange.startedAt);
    else this.failures.wrong++;
    this.#begin(place);
  }

  #at(place: number): Exchange {
    const exchange = this.#exchanges[place];
    if (exchange === undefined) throw new Error(`there is no place ${place}`);
    return exchange;
  }
}
