// The dispatcher's lines to its workers: a channel, a doorbell and the credits of each.

import { EXHAUSTED, GONE, MESSAGE, NOTHING, TRUNCATED } from '../../posix/answers.ts';
import { Channel } from '../../posix/channel.ts';
import { Descriptor } from '../../posix/descriptor.ts';
import type { Epoll } from '../../posix/epoll.ts';
import { EPOLLIN } from '../../posix/epoll.ts';
import { sendOnce } from '../../posix/sockets.ts';
import { CreditLedger } from '../credits.ts';
import { creditsIn, LOOK_AGAIN, OUT_OF_DESCRIPTORS } from './credit-message.ts';
import type { Order } from './orders.ts';
import type { Pending } from './pending-connections.ts';
import type { WorkerBoard } from './worker-board.ts';

interface Line {
  slot: number;
  /** The dispatcher's end. */
  channel: Channel;
  /** Our copy of the worker's end: what the worker has not taken is received back from it. */
  workerEnd: Channel;
  doorbell: Descriptor;
  /** No credit has come yet. */
  isNew: boolean;
  isDead: boolean;
  /** Connections passed, less those taken back. */
  passed: number;
  /** Credits that rest until the worker gives a sign of life. */
  resting: number;
  /** The worker had received `takenThen` when something was underway to it at that time. */
  unreadSince: number | undefined;
  takenThen: number;
  recovered: number;
}

/** What the lines tell. */
export interface LineEvents {
  /** A connection that says nothing comes back. */
  silent(fd: number): void;
  /** Waits again, first in line. */
  recovered(fds: number[]): void;
  /** The listeners have to be looked at anew, behind all other watches. */
  lookAgain(): void;
  exhausted(slot: number): void;
  /** It has not come for what it was passed. */
  missed(slot: number, now: number): void;
  /** It gives a sign of life, or is gone. */
  heard(slot: number): void;
}

const RING = new Uint8Array(new ArrayBuffer(1));
/** What a worker has not received after this long is taken back: it is busy or stopped. Milliseconds. */
const UNREAD_MS = 50;

export class WorkerLines {
  readonly #epoll: Epoll;
  readonly #board: WorkerBoard;
  readonly #concurrency: number;
  readonly #events: LineEvents;
  readonly #ledger = new CreditLedger();
  readonly #lines = new Map<number, Line>();
  readonly #unread = new Set<Line>();

  /** Watches channels with the tag `firstTag + 2 * slot`, doorbells with the one after it. */
  constructor(
    { epoll, board, firstTag }: { epoll: Epoll; board: WorkerBoard; firstTag: number },
    concurrency: number,
    events: LineEvents,
  ) {
    this.#epoll = epoll;
    this.#board = board;
    this.#firstTag = firstTag;
    this.#concurrency = concurrency;
    this.#events = events;
  }

  readonly #firstTag: number;

  /** Credits that are here. */
  get available(): number {
    return this.#ledger.available;
  }

  /** A worker is there that takes connections, or will when it is free. */
  get areReady(): boolean {
    return this.#ledger.isAnyReady;
  }

  /** No worker has a credit out: all are idle. */
  get isAtRest(): boolean {
    return this.#ledger.available === this.#lines.size * this.#concurrency;
  }

  join(order: Order & { type: 'join' }): void {
    const { slot } = order;
    const tag = this.#firstTag + 2 * slot;
    this.#lines.set(slot, {
      slot,
      channel: new Channel(new Descriptor(order.channel, `the channel of worker ${slot}`)),
      workerEnd: new Channel(new Descriptor(order.workerEnd, `the far channel of worker ${slot}`)),
      doorbell: new Descriptor(order.doorbell, `the doorbell of worker ${slot}`),
      isNew: true,
      isDead: false,
      passed: 0,
      resting: 0,
      unreadSince: undefined,
      takenThen: 0,
      recovered: 0,
    });
    this.#ledger.open(slot, this.#concurrency);
    this.#epoll.add(order.channel, EPOLLIN, tag);
    // Nothing is asked for: a hang-up is reported always.
    this.#epoll.add(order.doorbell, 0, tag + 1);
  }

  /** An event with one of our tags. @returns whether credits moved */
  hear(tag: number): boolean {
    const line = this.#lines.get((tag - this.#firstTag) >> 1);
    if (line === undefined || line.isDead) return false;
    if ((tag - this.#firstTag) % 2 === 0) return this.#collect(line);
    this.#bury(line);
    return true;
  }

  withdraw(slot: number): void {
    this.#ledger.withdraw(slot);
  }

  /** Passes a connection to a worker that has a credit. @returns false when there is none to pass it to */
  pass({ fd, since }: Pending): boolean {
    for (let slot = this.#ledger.take(); slot !== undefined; slot = this.#ledger.take()) {
      const line = this.#lines.get(slot);
      if (line === undefined) continue;
      const answer = line.channel.sendConnection(fd, 0);
      if (answer === 0) {
        this.#passed(line);
        this.#board.countWait(performance.now() - since);
        return true;
      }
      // A broken channel is a dying worker. In a full one it finds more than enough to do: its
      // credit rests until it has looked.
      if (answer === GONE) this.#ledger.withdraw(slot);
      else this.#expect(line, 1);
    }
    return false;
  }

  /** When something may have to be taken back; `undefined` when nothing is underway. */
  get due(): number | undefined {
    let due: number | undefined;
    for (const { unreadSince } of this.#unread) {
      if (unreadSince === undefined) continue;
      due = Math.min(due ?? Infinity, unreadSince + UNREAD_MS);
    }
    return due;
  }

  /** Takes back what workers have not received for too long: others may be idle. */
  checkUnread(now: number): void {
    for (const line of this.#unread) {
      const since = line.unreadSince;
      if (since === undefined || now - since < UNREAD_MS) continue;
      const taken = this.#board.taken(line.slot);
      if (taken === line.takenThen) {
        this.#takeBack(line);
        this.#events.missed(line.slot, now);
      }
      // A sleeping worker gives no sign of life unless it is woken.
      if (line.resting > 0) this.#ring(line);
      line.takenThen = taken;
      line.unreadSince = now;
      if (this.#board.underway(line.slot) === 0) this.#isRead(line);
    }
  }

  /** Forgets the worker. @returns how many connections it had not received */
  leave(slot: number): number {
    const line = this.#lines.get(slot);
    if (line === undefined) return 0;
    if (!line.isDead) this.#bury(line);
    this.#ledger.close(slot);
    line.channel.descriptor.close();
    line.workerEnd.descriptor.close();
    line.doorbell.close();
    this.#lines.delete(slot);
    return line.recovered;
  }

  close(): void {
    for (const slot of this.#lines.keys()) this.leave(slot);
  }

  #passed(line: Line): void {
    line.passed = (line.passed + 1) | 0;
    this.#board.setPassed(line.slot, line.passed);
    this.#ring(line);
    this.#expect(line, 0);
  }

  #ring({ doorbell }: Line): void {
    // When the doorbell is full it has been rung enough.
    sendOnce(doorbell.fd, RING, 1);
  }

  #expect(line: Line, resting: number): void {
    line.resting += resting;
    if (line.unreadSince !== undefined) return;
    line.unreadSince = performance.now();
    line.takenThen = this.#board.taken(line.slot);
    this.#unread.add(line);
  }

  #isRead(line: Line): void {
    line.unreadSince = undefined;
    this.#unread.delete(line);
  }

  #takeBack(line: Line): void {
    const { fds, lost } = this.#receiveBack(line);
    const count = fds.length + lost;
    line.resting += count;
    line.passed = (line.passed - count) | 0;
    this.#board.setPassed(line.slot, line.passed);
    if (fds.length > 0) this.#events.recovered(fds);
  }

  /** @returns connections, and how many are lost: without a descriptor for them, the kernel closes them */
  #receiveBack({ workerEnd }: Line): { fds: number[]; lost: number } {
    const fds: number[] = [];
    for (let lost = 0; ;) {
      const fd = workerEnd.receive();
      if (fd >= 0) fds.push(fd);
      else if (fd === TRUNCATED) lost++;
      else if (fd !== MESSAGE) return { fds, lost };
    }
  }

  /** Reads what a worker sent: credits, and connections that say nothing. */
  #collect(line: Line): boolean {
    let hasMoved = false;
    for (;;) {
      const fd = line.channel.receive();
      if (fd === NOTHING || fd === GONE || fd === EXHAUSTED) return hasMoved;
      this.#events.heard(line.slot);
      if (fd >= 0) this.#events.silent(fd);
      else if (fd === MESSAGE) hasMoved = this.#read(line, line.channel.payload) || hasMoved;
    }
  }

  #read(line: Line, message: number): boolean {
    const { slot } = line;
    if ((message & OUT_OF_DESCRIPTORS) !== 0) {
      this.#events.exhausted(slot);
      this.#events.lookAgain();
      return false;
    }
    const count = creditsIn(message) + line.resting;
    line.resting = 0;
    if (count > 0) this.#ledger.give(slot, count);
    // A new worker has registered its own watch by now, and ours has to come behind it.
    if (line.isNew || (message & LOOK_AGAIN) !== 0) this.#events.lookAgain();
    line.isNew = false;
    return count > 0;
  }

  /** The process is gone. What it had not received waits again, and so does what it had sent back. */
  #bury(line: Line): void {
    line.isDead = true;
    this.#isRead(line);
    this.#events.heard(line.slot);
    this.#epoll.remove(line.doorbell.fd);
    this.#epoll.remove(line.channel.descriptor.fd);
    this.#ledger.withdraw(line.slot);
    for (;;) {
      const fd = line.channel.receive();
      if (fd >= 0) this.#events.silent(fd);
      else if (fd !== MESSAGE && fd !== TRUNCATED) break;
    }
    const { fds } = this.#receiveBack(line);
    line.recovered = fds.length;
    if (fds.length > 0) this.#events.recovered(fds);
    // It may have been woken for a connection that it then did not accept.
    this.#events.lookAgain();
  }
}
