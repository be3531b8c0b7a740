// The load: so many requests at once, and where one ends the next begins. It shares its event loop with
// whatever else watches the server, and goes back to it after every turn.

import { setImmediate as eventLoop } from 'node:timers/promises';
import { NOTHING } from '../../src/posix/answers.ts';
import { EPOLLIN, EPOLLOUT, Epoll } from '../../src/posix/epoll.ts';
import { NativeBuffer } from '../../src/posix/native-buffer.ts';
import { receive } from '../../src/posix/sockets.ts';
import { REFUSED } from '../bench/load/connect.ts';
import { checkAnswer } from './check-answer.ts';
import { describePlan, planOf } from './plan.ts';
import type { Tally } from './tally.ts';
import { Visit } from './visit.ts';

export interface LoadOptions {
  connect: () => number;
  seed: number;
  /** Requests at once. */
  places: number;
  tally: Tally;
  /** Whether a worker was killed just now, and no other request is known to have died with it. */
  wasKilled: () => boolean;
}

/** No request takes longer, unless it is lost. */
const STALL_MS = 30_000;
const CHECK_STALLS_MS = 1_000;
/** Nobody accepts: so many attempts, a millisecond apart, are enough to say so. */
const MOST_REFUSED = 5_000;
/** Longest that a turn waits: the event loop has other work. */
const TURN_MS = 5;
const SHORT_TURN_MS = 1;
const BUFFER_BYTES = 256 * 1024;

export class Load {
  readonly #options: LoadOptions;
  readonly #visits: Visit[];
  readonly #epoll: Epoll;
  readonly #buffer = new NativeBuffer(BUFFER_BYTES);
  #next = 0;
  #end = 0;
  #stallsCheckedAt = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#visits = Array.from({ length: options.places }, () => new Visit());
    this.#epoll = new Epoll(options.places, 'the load');
  }

  /** Makes the next `count` requests. Resolves when all have ended; rejects when one never does. */
  async run(count: number): Promise<void> {
    this.#end = this.#next + count;
    for (;;) {
      this.#beginAll();
      if (this.#visits.every(({ stage }) => stage === 'free')) {
        if (this.#next >= this.#end) return;
      }
      this.#turn();
      this.#checkStalls();
      await eventLoop();
    }
  }

  close(): void {
    for (const visit of this.#visits) if (visit.stage !== 'free') visit.close();
    this.#epoll.close();
  }

  #beginAll(): void {
    for (const visit of this.#visits) {
      if (this.#next >= this.#end) return;
      if (visit.stage === 'free' && !this.#begin(visit)) return;
    }
  }

  /** False: nobody accepts for now. */
  #begin(visit: Visit): boolean {
    const { connect, seed, tally } = this.#options;
    const fd = connect();
    if (fd === REFUSED) {
      if (++tally.refused > MOST_REFUSED) throw new Error('the server accepts no connections');
      return false;
    }
    const plan = planOf(seed, this.#next++);
    tally.requests++;
    if (plan.kind === 'throw' || plan.kind === 'reject' || plan.kind === 'late') {
      tally.plannedFailures++;
    }
    visit.begin(fd, plan, performance.now());
    this.#send(visit);
    return true;
  }

  #turn(): void {
    const isShort = this.#visits.some(
      ({ stage }) => stage === 'pausing' || (stage === 'free' && this.#next < this.#end),
    );
    const count = this.#epoll.wait(isShort ? SHORT_TURN_MS : TURN_MS);
    for (let n = 0; n < count; n++) {
      const visit = this.#visits[this.#epoll.tagAt(n)];
      const flags = this.#epoll.flagsAt(n);
      if (visit?.stage === 'sending' && (flags & EPOLLOUT) !== 0) this.#send(visit);
      // Ends and errors are received too.
      if (visit !== undefined && visit.watched !== 0 && (flags & ~EPOLLOUT) !== 0) {
        this.#receive(visit);
      }
    }
    const now = performance.now();
    for (const visit of this.#visits) {
      if (visit.stage === 'pausing' && visit.leavesAt <= now) this.#hangUp(visit);
    }
  }

  #send(visit: Visit): void {
    const now = performance.now();
    visit.send(now);
    if (visit.stage === 'pausing' && visit.leavesAt <= now) this.#hangUp(visit);
    else this.#watch(visit);
  }

  #watch(visit: Visit): void {
    const flags = { free: 0, pausing: 0, sending: EPOLLIN | EPOLLOUT, reading: EPOLLIN }[
      visit.stage
    ];
    if (flags === visit.watched) return;
    const { fd } = visit.connection;
    if (visit.watched !== 0) this.#epoll.remove(fd);
    if (flags !== 0) this.#epoll.add(fd, flags, this.#visits.indexOf(visit));
    visit.watched = flags;
  }

  /** Receives what is there, to the end of the answer if it has come. */
  #receive(visit: Visit): void {
    const buffer = this.#buffer;
    const { fd } = visit.connection;
    for (;;) {
      const count = receive(fd, buffer, 0);
      if (count === NOTHING) return;
      if (count <= 0) return this.#finish(visit);
      this.#options.tally.receivedBytes += count;
      visit.take(buffer.bytes, count);
      if (visit.plan.manner === 'in answer') return this.#hangUp(visit);
    }
  }

  #finish(visit: Visit): void {
    const { plan, answer, startedAt } = visit;
    const { tally, wasKilled } = this.#options;
    visit.close();
    tally.slowest = Math.max(tally.slowest, performance.now() - startedAt);
    const { manner } = plan;
    if (manner === 'stay' || manner === 'half-close' || manner === 'in answer') {
      tally.answer(plan, checkAnswer(plan, answer), wasKilled);
    } else {
      // The server was faster: its worker was killed in the meantime.
      tally.hangUps[manner]++;
    }
  }

  #hangUp(visit: Visit): void {
    const { manner } = visit.plan;
    visit.close();
    if (manner !== 'stay' && manner !== 'half-close') this.#options.tally.hangUps[manner]++;
  }

  #checkStalls(): void {
    const now = performance.now();
    if (now - this.#stallsCheckedAt < CHECK_STALLS_MS) return;
    this.#stallsCheckedAt = now;
    const { stalled } = this.#options.tally;
    for (const visit of this.#visits) {
      if (visit.stage === 'free' || now - visit.startedAt < STALL_MS) continue;
      stalled.add(`${describePlan(visit.plan)}: ${visit.stage}, ${visit.answer.length} received`);
    }
    if (stalled.count > 0) throw new Error(`requests without an end for ${STALL_MS / 1_000} s`);
  }
}
