// Workers of the native dispatcher without processes: the far ends of real channels and doorbells, held
// by the test itself.

import { duplicate, closeFd, type Descriptor } from '../../src/posix/descriptor.ts';
import { Channel, createChannel, createPair } from '../../src/posix/channel.ts';
import { Epoll } from '../../src/posix/epoll.ts';
import { NativeBuffer } from '../../src/posix/native-buffer.ts';
import { receive, SOCK_STREAM } from '../../src/posix/sockets.ts';
import { boardBytes } from '../../src/dispatch/native/board-layout.ts';
import { WorkerBoard } from '../../src/dispatch/native/worker-board.ts';
import { WorkerLines } from '../../src/dispatch/native/worker-lines.ts';

/** A worker's ends. */
export class FakeWorker {
  readonly slot: number;
  readonly channel: Channel;
  readonly #doorbell: Descriptor;
  readonly #board: WorkerBoard;
  readonly #rings = new NativeBuffer(64);
  #taken = 0;

  constructor(
    slot: number,
    board: WorkerBoard,
    ends: { channel: Descriptor; doorbell: Descriptor },
  ) {
    this.slot = slot;
    this.#board = board;
    this.channel = new Channel(ends.channel);
    this.#doorbell = ends.doorbell;
  }

  /** Whether the doorbell was rung since this was last asked. */
  isRung(): boolean {
    return receive(this.#doorbell.fd, this.#rings, 0) > 0;
  }

  /** Receives a connection; negative: what the channel answered. */
  take(): number {
    const fd = this.channel.receive();
    if (fd >= 0) this.#board.setTaken(this.slot, ++this.#taken);
    return fd;
  }

  /** The process is gone: its descriptors are closed, whatever was in them. */
  die(): void {
    this.channel.descriptor.close();
    this.#doorbell.close();
  }
}

/** What the lines told of, in order. */
export interface Told {
  recovered: number[][];
  silent: number[];
  lookAgain: number;
  exhausted: number[];
  missed: number[];
  heard: number[];
}

/** The dispatcher's side, and whatever is needed to drive it by hand. */
export class LinesBench {
  readonly board: WorkerBoard;
  readonly lines: WorkerLines;
  readonly told: Told = {
    recovered: [],
    silent: [],
    lookAgain: 0,
    exhausted: [],
    missed: [],
    heard: [],
  };
  readonly #epoll = new Epoll(64, 'the test');
  readonly #workers = new Set<FakeWorker>();

  constructor(slots: number, concurrency: number) {
    this.board = new WorkerBoard(new ArrayBuffer(boardBytes(slots)));
    const parts = { epoll: this.#epoll, board: this.board, firstTag: 0 };
    const { told } = this;
    this.lines = new WorkerLines(parts, concurrency, {
      silent: (fd) => told.silent.push(fd),
      recovered: (fds) => told.recovered.push(fds),
      lookAgain: () => told.lookAgain++,
      exhausted: (slot) => told.exhausted.push(slot),
      missed: (slot) => told.missed.push(slot),
      heard: (slot) => told.heard.push(slot),
    });
  }

  join(slot: number): FakeWorker {
    const [channel, workerEnd] = createChannel(`channel ${slot}`);
    const [doorbell, farDoorbell] = createPair(SOCK_STREAM, `doorbell ${slot}`);
    const own = duplicate(workerEnd);
    if (own === undefined) throw new Error('no descriptor is left for the test');
    this.board.reset(slot, 1);
    const worker = new FakeWorker(slot, this.board, { channel: own, doorbell: farDoorbell });
    this.#workers.add(worker);
    this.lines.join({
      type: 'join',
      slot,
      channel: channel.release(),
      workerEnd: workerEnd.release(),
      doorbell: doorbell.release(),
    });
    return worker;
  }

  kill(worker: FakeWorker): void {
    this.#workers.delete(worker);
    worker.die();
  }

  /** Hears all that there is to hear now. */
  hear(): void {
    let rounds = 0;
    for (let count = this.#epoll.wait(0); count > 0; count = this.#epoll.wait(0)) {
      if (++rounds > 1_000) throw new Error('there are events that nobody deals with');
      const tags = Array.from({ length: count }, (_, i) => this.#epoll.tagAt(i));
      for (const tag of tags) this.lines.hear(tag);
    }
  }

  /** Closes connections that came back. */
  closeReturned(): void {
    for (const fd of [...this.told.recovered.splice(0).flat(), ...this.told.silent.splice(0)]) {
      closeFd(fd);
    }
  }

  /** Closes everything, recovered connections included. */
  close(): void {
    this.lines.close();
    this.closeReturned();
    for (const worker of this.#workers) worker.die();
    this.#epoll.close();
  }
}
