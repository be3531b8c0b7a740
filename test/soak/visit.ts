// One place of the load: the connection that it has now, and how far its request has come.

import { ConnectionSlot } from '../../src/posix/descriptor.ts';
import { sendOnce, shutdownWrite } from '../../src/posix/sockets.ts';
import type { Plan } from './plan.ts';
import { requestBytes } from './request-bytes.ts';

export type Stage =
  /** No request; wants one. */
  | 'free'
  | 'sending'
  | 'reading'
  /** All is sent that will be, and the peer hangs up when its pause is over. */
  | 'pausing';

const FIRST_CAPACITY = 8 * 1024;

export class Visit {
  readonly connection: ConnectionSlot = new ConnectionSlot();
  stage: Stage = 'free';
  /** What the epoll watches its connection for. */
  watched = 0;
  startedAt = 0;
  /** When its pause is over. */
  leavesAt = 0;
  #plan: Plan | undefined;
  #request: Buffer = Buffer.alloc(0);
  #limit = 0;
  #sent = 0;
  #answer: Buffer = Buffer.alloc(FIRST_CAPACITY);
  #received = 0;

  /** Begins a request on a new connection, of which it becomes the owner. */
  begin(fd: number, plan: Plan, now: number): void {
    this.connection.put(fd);
    const { bytes, limit } = requestBytes(plan);
    this.#plan = plan;
    this.#request = bytes;
    this.#limit = limit;
    this.#sent = 0;
    this.#received = 0;
    this.watched = 0;
    this.startedAt = now;
    this.stage = 'sending';
  }

  get plan(): Plan {
    if (this.#plan === undefined) throw new Error('this place has had no request yet');
    return this.#plan;
  }

  get answer(): Buffer {
    return this.#answer.subarray(0, this.#received);
  }

  /** Sends what the kernel takes, and goes on to the next stage when that is all. */
  send(now: number): void {
    const { fd } = this.connection;
    while (this.#sent < this.#limit) {
      const rest = this.#request.subarray(this.#sent, this.#limit);
      const count = sendOnce(fd, rest, rest.length);
      // An error shows when the answer is received, or as its lack.
      if (count <= 0) return;
      this.#sent += count;
    }
    const { manner, pause } = this.plan;
    if (manner === 'half-close') shutdownWrite(fd);
    this.stage =
      manner === 'stay' || manner === 'half-close' || manner === 'in answer'
        ? 'reading'
        : 'pausing';
    this.leavesAt = now + pause;
  }

  /** Keeps the next `count` bytes of the answer, at the beginning of `bytes`. */
  take(bytes: Buffer, count: number): void {
    if (this.#received + count > this.#answer.length) {
      const larger = Buffer.alloc(2 * (this.#received + count));
      this.answer.copy(larger);
      this.#answer = larger;
    }
    bytes.copy(this.#answer, this.#received, 0, count);
    this.#received += count;
  }

  close(): void {
    this.connection.close();
    this.stage = 'free';
    this.watched = 0;
  }
}
