// The master's side of the native dispatcher: orders for the dispatch thread, and what it reports.

import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { InternalError } from '../../errors.ts';
import { createChannel, createPair } from '../../posix/channel.ts';
import type { Descriptor } from '../../posix/descriptor.ts';
import { createSharedMemory } from '../../posix/shared-memory.ts';
import { localAddress, SOCK_STREAM } from '../../posix/sockets.ts';
import type { WorkerActivity } from '../activity.ts';
import { ConnectionCounts } from '../connection-counts.ts';
import type {
  Dispatcher,
  DispatchCounts,
  DispatcherEvents,
  DispatchSettings,
  LifeWork,
  OverdueRequest,
  WorkerLine,
  WorkerLoad,
} from '../dispatcher.ts';
import { fromMonotonic } from '../monotonic.ts';
import { IMPATIENCE } from '../patience.ts';
import { Refusals } from '../refusals.ts';
import { boardBytes } from './board-layout.ts';
import type { Late, Report, ThreadSettings } from './orders.ts';
import type { NativeListener, NativeOptions } from './native-options.ts';
import { StuckAnswers, type StuckWorker } from './stuck-worker.ts';
import { ThreadHandle } from './thread-handle.ts';
import { STAY_HOME, WorkerBoard } from './worker-board.ts';

/** A line that was prepared for a worker that is not attached yet. */
interface Prepared {
  channel: Descriptor;
  workerEnd: Descriptor;
  doorbell: Descriptor;
  farDoorbell: Descriptor;
}

export class NativeDispatcher implements Dispatcher {
  #options: NativeOptions;
  readonly #events: DispatcherEvents;
  readonly #thread = new ThreadHandle();
  readonly #memory: Descriptor;
  readonly #board: WorkerBoard;
  readonly #prepared = new Map<number, Prepared>();
  readonly #attached = new Map<number, StuckWorker>();
  readonly #stuck: StuckAnswers;
  /** What workers accept from themselves. */
  #shared: Descriptor[];
  readonly #refusals = new Refusals();
  readonly #counts = new ConnectionCounts();
  #waiting = 0;

  constructor(options: NativeOptions, events: DispatcherEvents) {
    this.#options = options;
    this.#events = events;
    this.#memory = createSharedMemory('scgi-server board', boardBytes(options.slots));
    this.#board = WorkerBoard.map(this.#memory, options.slots);
    const { listeners, requestTimeout } = options;
    const origins = listeners.flatMap(({ descriptor }) => localAddress(descriptor.fd) ?? []);
    this.#stuck = new StuckAnswers(origins, requestTimeout);
    // Who may connect is checked by the dispatcher, which then has to see each of those connections.
    const mayShare = ({ isTcp, isMastersAlone }: NativeListener): boolean =>
      options.selfService &&
      isMastersAlone !== true &&
      (isTcp ? options.allow : options.allowLocal) === undefined;
    this.#shared = options.listeners.filter(mayShare).map(({ descriptor }) => descriptor);
  }

  get waiting(): number {
    return this.#waiting;
  }

  start(): void {
    this.#thread.start(this.#threadSettings(), {
      reported: (report) => this.#hear(report),
      failed: (error) => this.#events.notice({ type: 'dispatcher-failed', error }),
      ended: () => this.#memory.close(),
    });
  }

  prepare(slot: number, generation: number = 0, linger: number = this.#options.linger): WorkerLine {
    const { slots } = this.#options;
    if (slot >= slots) throw new InternalError(`slot ${slot} is beyond the board of ${slots}`);
    // The spawn that it was made for has failed.
    for (const descriptor of Object.values(this.#prepared.get(slot) ?? {})) descriptor.close();
    const [channel, workerEnd] = createChannel(`the channel of worker ${slot}`);
    const [doorbell, farDoorbell] = createPair(SOCK_STREAM, `the doorbell of worker ${slot}`);
    this.#prepared.set(slot, { channel, workerEnd, doorbell, farDoorbell });
    this.#board.reset(slot, generation);
    this.#counts.begin(generation);
    const inherited = [workerEnd, farDoorbell, this.#memory, ...this.#shared];
    return {
      descriptors: inherited.map(({ fd }) => fd),
      intake: {
        type: 'native',
        listeners: this.#shared.length,
        areLocal: this.#options.listeners.every(({ isTcp }) => !isTcp),
        slots,
        linger,
        master: process.pid,
      },
    };
  }

  attach(slot: number, { pid }: ChildProcess): void {
    const line = this.#prepared.get(slot);
    if (line === undefined) return;
    this.#prepared.delete(slot);
    line.farDoorbell.close();
    this.#attached.set(slot, { pid, line: this.#board.line(slot) });
    this.#thread.order({
      type: 'join',
      slot,
      channel: line.channel.release(),
      workerEnd: line.workerEnd.release(),
      doorbell: line.doorbell.release(),
    });
  }

  async withdraw(slot: number): Promise<void> {
    this.#board.setControl(slot, STAY_HOME);
    await this.#thread.ask({ type: 'withdraw', slot }, `withdrawn ${slot}`);
  }

  async detach(slot: number): Promise<LifeWork> {
    if (!this.#attached.has(slot)) return { served: 0, lost: 0 };
    this.#board.setLingering(slot, false);
    await this.#thread.ask({ type: 'leave', slot }, `left ${slot}`);
    this.#attached.delete(slot);
    const line = this.#board.line(slot);
    // The board outlives the worker: nothing that it has counted is lost.
    const lost = this.#counts.bury(line.counted());
    const { current } = line.read();
    // Nobody runs it any more, however long the slot stays empty.
    line.clear();
    return { served: this.#board.served(slot), lost, current };
  }

  async stopAccepting(): Promise<void> {
    for (const slot of this.#attached.keys()) this.#board.setControl(slot, STAY_HOME);
    // The thread is about to close them, and their numbers will be others'.
    this.#shared = [];
    await this.#thread.ask({ type: 'stop-accepting' }, 'accepting-stopped');
  }

  change(settings: DispatchSettings): void {
    const { queueTimeout, bootTimeout, headerTimeout, requestTimeout } = settings;
    // Whoever calls may have more settings than are meant for a dispatcher.
    const times = { queueTimeout, bootTimeout, headerTimeout, requestTimeout };
    this.#options = { ...this.#options, ...times };
    this.#stuck.change(requestTimeout);
    this.#thread.order({ type: 'change', settings: times });
  }

  async answerOverdue(slot: number): Promise<OverdueRequest[]> {
    const worker = this.#attached.get(slot);
    const answered = worker && (await this.#stuck.answer(worker));
    if (answered === undefined) return [];
    const { overdue, connection } = answered;
    if (connection !== undefined) this.#refusals.drain(toSocket(connection.release()));
    return [overdue];
  }

  async endAnswers(slot: number): Promise<void> {
    const worker = this.#attached.get(slot);
    const connection = worker && (await this.#stuck.end(worker));
    if (connection !== undefined) this.#refusals.drain(toSocket(connection.release()));
  }

  refuseWaiting(): void {
    this.#waiting = 0;
    this.#thread.order({ type: 'refuse-waiting' });
  }

  close(): void {
    this.#thread.order({ type: 'close' });
  }

  ping(): Promise<void> {
    return this.#thread.ask({ type: 'ping' }, 'pong');
  }

  load(slot: number): WorkerLoad | undefined {
    if (!this.#attached.has(slot)) return undefined;
    const running = this.#board.running(slot) + this.#board.underway(slot);
    const since = fromMonotonic(this.#board.idleSince(slot));
    return {
      running,
      idleSince: running === 0 ? since : undefined,
      served: this.#board.served(slot),
    };
  }

  activity(slot: number): WorkerActivity | undefined {
    if (!this.#attached.has(slot)) return undefined;
    return { ...this.#board.line(slot).read(), served: this.#board.served(slot) };
  }

  counts(): DispatchCounts {
    const living = [...this.#attached.keys()].map((slot) => this.#board.line(slot).counted());
    const { silent, waits } = this.#board;
    const counts = this.#counts.read(living);
    return { ...counts, refused: { ...counts.refused, silent }, waits };
  }

  #threadSettings(): Omit<ThreadSettings, 'event'> {
    const { listeners, slots, concurrency, headerTimeout, allow, allowLocal } = this.#options;
    const { queueTimeout, bootTimeout, requestTimeout } = this.#options;
    return {
      listeners: listeners.map(({ descriptor, inherited }) => {
        const { fd, subject } = descriptor;
        return { fd, subject, inherited };
      }),
      board: { fd: this.#memory.fd, slots },
      concurrency,
      headerTimeout,
      queueTimeout,
      bootTimeout,
      requestTimeout,
      allow,
      allowLocal,
    };
  }

  #hear(report: Report): void {
    switch (report.type) {
      case 'withdrawn':
        return this.#thread.answered(`withdrawn ${report.slot}`);
      case 'left':
        return this.#left(report.slot, report.recovered);
      case 'accepting-stopped':
        return this.#thread.answered('accepting-stopped');
      case 'pong':
        return this.#thread.answered('pong');
      case 'waiting':
        this.#waiting = report.count;
        return this.#events.changed();
      case 'refused':
        return this.#refuse(report.fd, report.late);
      case 'overdue':
        return this.#events.overdue(report.slot);
      case 'stuck':
        return this.#events.stuck(report.slot);
      case 'peer-refused':
        this.#counts.turnAway('stranger');
        return this.#events.notice(report);
      case 'exhausted':
      case 'worker-exhausted':
        return this.#events.notice(report);
      case 'demand':
        return this.#events.demand();
      case 'changed':
        return this.#events.changed();
    }
  }

  #left(slot: number, count: number): void {
    if (count > 0) this.#events.notice({ type: 'redispatched', slot, count });
    this.#thread.answered(`left ${slot}`);
  }

  #refuse(fd: number, late: Late | undefined): void {
    this.#counts.turnAway(late === undefined ? 'stopping' : IMPATIENCE[late.option]);
    if (late !== undefined) {
      const waitedMs = Math.round(late.waitedMs);
      this.#events.notice({ type: 'queue-timeout', waitedMs, option: late.option });
    }
    this.#refusals.refuse(toSocket(fd));
  }
}

function toSocket(fd: number): Socket {
  const socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  return socket.on('error', () => {});
}
