// The worker's side of the native dispatcher: connections come through a channel, and from the
// listening sockets themselves as long as the worker has something to do.

import { Socket } from 'node:net';
import { NOTHING } from '../../posix/answers.ts';
import { Channel } from '../../posix/channel.ts';
import { closeFd, type Descriptor } from '../../posix/descriptor.ts';
import { dieWithParent } from '../../posix/process.ts';
import { NativeBuffer } from '../../posix/native-buffer.ts';
import { peek, pollReadable, receive } from '../../posix/sockets.ts';
import type { Intake, ServeConnection } from '../intake.ts';
import { type PlaceOwner, Places, TakenPlace } from '../places.ts';
import { ActiveWorkers, CORES } from './active-workers.ts';
import { Backlog } from './backlog.ts';
import type { BoardLine } from './board-line.ts';
import { CreditReturn } from './credit-return.ts';
import { BOARD_FD, CHANNEL_FD, DOORBELL_FD, inherit, inheritListener } from './inherit.ts';
import { RunLength } from './run-length.ts';
import { SpareDescriptor } from './spare-descriptor.ts';
import { RUN, WorkerBoard } from './worker-board.ts';

export interface NativeIntakeOptions {
  slot: number;
  concurrency: number;
  /** How many listening sockets were inherited. */
  listeners: number;
  /** Lines of the board. */
  slots: number;
  /** How long a worker that has just finished waits on the listening sockets itself, milliseconds. */
  linger: number;
  /** What a connection has brought stays unread, for somebody who will get the connection itself. */
  isPeeking: boolean;
  /** Process id of the master. */
  master: number;
}

/** Room for a header block of the usual limit, and the start of a body. */
const RECEIVE_BYTES = 128 * 1024;
/** A new connection may be silent for so long, if the worker has nothing else to do, milliseconds. */
const SILENCE_MS = 2;

/** A connection as it comes: a descriptor that is given away, and what has been received on it. */
export interface Arrival {
  fd: number;
  /** In memory that is used again for the next connection. */
  arrived: Buffer;
}

export class NativeIntake<Connection> implements Intake<Connection>, PlaceOwner {
  readonly activity: BoardLine;
  readonly #options: NativeIntakeOptions;
  readonly #channel: Channel;
  readonly #doorbell: Descriptor;
  readonly #board: WorkerBoard;
  readonly #others: ActiveWorkers;
  readonly #backlog: Backlog;
  readonly #credits: CreditReturn;
  readonly #toConnection: (arrival: Arrival) => Connection;
  readonly #received: NativeBuffer;
  readonly #places: Places;
  readonly #runLength = new RunLength();
  #serve: ServeConnection<Connection> = () => {};
  #served = 0;
  #taken = 0;
  /** Credits that are neither in a request nor on their way back. */
  #inHand = 0;
  /** There may be connections in the channel for which there was no place. */
  #isBehind = false;
  #isRunning = false;
  #isYielding = false;
  #isRefusing = false;
  #whenIdle: (() => void)[] = [];

  /** @param toConnection - what becomes of each connection */
  constructor(options: NativeIntakeOptions, toConnection: (arrival: Arrival) => Connection) {
    this.#options = options;
    this.#places = new Places(options.concurrency);
    this.#toConnection = toConnection;
    const { slot, listeners, slots, master } = options;
    if (!dieWithParent('SIGKILL', master)) process.exit();
    this.#channel = new Channel(inherit(CHANNEL_FD, `worker ${slot}'s channel`));
    this.#doorbell = inherit(DOORBELL_FD, `worker ${slot}'s doorbell`);
    const memory = inherit(BOARD_FD, 'the board');
    this.#board = WorkerBoard.map(memory, slots);
    this.activity = this.#board.line(slot);
    this.#others = new ActiveWorkers(this.#board, slots);
    this.#received = new NativeBuffer(RECEIVE_BYTES);
    this.#credits = new CreditReturn(this.#channel, new SpareDescriptor(memory));
    const shared = Array.from({ length: listeners }, (_, i) => inheritListener(i));
    this.#backlog = new Backlog(shared, this.#channel, `worker ${slot}'s linger`);
  }

  start(serve: ServeConnection<Connection>): void {
    this.#serve = serve;
    const doorbell = new Socket({ fd: this.#doorbell.release(), readable: true, writable: false });
    doorbell.on('data', () => this.#answerTheDoor()).on('error', () => {});
    this.#credits.give(this.#options.concurrency);
  }

  refuseAll(): void {
    this.#isRefusing = true;
  }

  async whenIdle(): Promise<void> {
    // The dispatcher passes nothing more by now, but what it passed before may be unread.
    this.#takeAll();
    if (this.#places.isEmpty) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
    });
  }

  #answerTheDoor(): void {
    this.#runLength.restart();
    this.#takeWhatIsThere();
    this.#run();
  }

  #takeWhatIsThere(): void {
    const hasTaken = this.#takeAll();
    if (hasTaken || this.#isBehind || this.#isRefusing || this.#credits.given === 0) return;
    // Nothing there: the dispatcher has taken it back because we were slow. It may pass again.
    this.#credits.give(0);
  }

  /** Begins what the dispatcher has passed. */
  #takeAll(): boolean {
    let hasTaken = false;
    this.#isBehind = false;
    while (!this.#isRefusing) {
      this.#isBehind = this.#places.isFull && this.#credits.given > 0;
      if (this.#isBehind) break;
      const fd = this.#credits.receive();
      if (fd === NOTHING) break;
      hasTaken = true;
      this.#inHand++;
      // First: a handler may be done, or block, before `begin` returns, and its request would count twice.
      this.#board.setTaken(this.#options.slot, ++this.#taken);
      if (fd >= 0) this.#begin(fd);
    }
    return hasTaken;
  }

  /** Serves a connection with a credit in hand. One that says nothing goes back to the dispatcher. */
  #begin(fd: number): void {
    this.#runLength.add();
    this.activity.begun();
    let count = this.#receive(fd);
    if (count === NOTHING && this.#places.taken === 0 && pollReadable(fd, SILENCE_MS)) {
      count = this.#receive(fd);
    }
    if (count === NOTHING && this.#sendBack(fd)) return;
    this.#inHand--;
    this.#places.take();
    this.#showRunning();
    const arrived = this.#received.bytes.subarray(0, Math.max(0, count));
    this.#serve(this.#toConnection({ fd, arrived }), new TakenPlace(this.#places, this));
  }

  #receive(fd: number): number {
    return this.#options.isPeeking ? peek(fd, this.#received) : receive(fd, this.#received, 0);
  }

  /** The dispatcher has room for connections that say nothing; a worker has a credit to lose. */
  #sendBack(fd: number): boolean {
    // At the end there is nobody else to wait for it.
    if (this.#board.control(this.#options.slot) !== RUN) return false;
    if (this.#channel.sendConnection(fd, 0) !== 0) return false;
    this.activity.sentBack();
    closeFd(fd);
    return true;
  }

  left(): void {
    this.#inHand++;
    this.#placeFreed();
  }

  resumed(): void {
    this.#showRunning();
  }

  /** The scoreboard says so. */
  answering(): void {}

  answered(): void {}

  done(hadLeft: boolean): void {
    this.#served++;
    if (!hadLeft) this.#inHand++;
    this.#placeFreed();
    if (!this.#places.isEmpty) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #showRunning(): void {
    this.#board.setRunning(this.#options.slot, this.#places.taken, this.#served);
  }

  #placeFreed(): void {
    this.#showRunning();
    if (this.#isBehind) this.#takeWhatIsThere();
    this.#run();
  }

  /** With credits in hand: serve from the backlog, else linger for a moment, else give them back. */
  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#inHand > 0 && !this.#places.isFull) {
      if (this.#runLength.isLong) {
        this.#runAgainSoon();
        break;
      }
      const fd = this.#takeNext();
      if (fd >= 0) this.#begin(fd);
      else this.#giveBack();
    }
    this.#isRunning = false;
  }

  #runAgainSoon(): void {
    if (this.#isYielding) return;
    this.#isYielding = true;
    setImmediate(() => {
      this.#isYielding = false;
      this.#runLength.restart();
      if (this.#others.isSurplus(this.#options.slot)) this.#giveBack();
      this.#run();
    });
  }

  /** A connection from the backlog, at once or after a short wait. */
  #takeNext(): number {
    if (!this.#mayAccept()) return NOTHING;
    const fd = this.#backlog.accept();
    return fd === NOTHING && this.#mayLinger() ? this.#linger() : fd;
  }

  #linger(): number {
    const { slot, linger } = this.#options;
    // A connection that was passed earlier, for another credit, is not to wait behind a sleep.
    this.#takeAll();
    if (this.#places.taken > 0) return NOTHING;
    this.#board.setLingering(slot, true);
    const isWoken = this.#backlog.wait(linger);
    this.#board.setLingering(slot, false);
    const fd = isWoken && this.#mayAccept() ? this.#backlog.accept() : NOTHING;
    if (isWoken && fd < 0) this.#credits.askToLook();
    return fd;
  }

  #giveBack(): void {
    const count = this.#inHand;
    this.#inHand = 0;
    // Who takes nothing more is not to be passed anything.
    if (!this.#isRefusing) this.#credits.give(count);
  }

  #mayAccept(): boolean {
    const isOpen = !this.#isRefusing && this.#board.control(this.#options.slot) === RUN;
    return isOpen && this.#board.waiting() === 0;
  }

  /** Never under a running request, and no more workers than there are cores to run them. */
  #mayLinger(): boolean {
    const { linger } = this.#options;
    return (
      linger > 0 &&
      this.#backlog.isShared &&
      this.#places.taken === 0 &&
      this.#mayAccept() &&
      this.#board.countLingering() < CORES
    );
  }
}
