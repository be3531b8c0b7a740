// The dispatcher that runs wherever Node does: net.Server accepts, subprocess.send passes.

import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { TurnAwayReason } from '../../counts/outcomes.ts';
import type { WorkerMessage } from '../../ipc/messages.ts';
import { readWorkerMessage } from '../../ipc/read-message.ts';
import { ANSWER_500, ANSWER_503 } from '../constant-answers.ts';
import { CreditLedger } from '../credits.ts';
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
import { GROW_AFTER_MS, REQUEST_GRACE_MS } from '../dispatcher.ts';
import { IMPATIENCE, Patience } from '../patience.ts';
import { backlogsAreEmpty } from './empty-backlogs.ts';
import { AttachedWorker, CONFIRM_AFTER_MS } from './attached-worker.ts';
import { DutyTimer } from './duty-timer.ts';
import { abandon, answerStuck } from './lost-connections.ts';
import { OverdueClock } from './overdue-clock.ts';
import { Refusals } from '../refusals.ts';
import type { PortableOptions } from './portable-options.ts';
import { strangerOf } from './stranger.ts';
import { WaitingQueue } from './waiting-queue.ts';

/** A worker that missed a connection is out of descriptors: its credit rests this long, milliseconds. */
const MISSING_REST_MS = 1_000;

export class PortableDispatcher implements Dispatcher {
  #options: PortableOptions;
  readonly #events: DispatcherEvents;
  readonly #ledger = new CreditLedger();
  readonly #queue = new WaitingQueue();
  readonly #refusals = new Refusals();
  readonly #counts = new ConnectionCounts();
  readonly #workers = new Map<number, AttachedWorker>();
  readonly #generations = new Map<number, number>();
  readonly #patience: Patience;
  readonly #overdue: OverdueClock;
  readonly #duties = new DutyTimer(() => this.#checkTheClock());
  #nextId = 1;
  #accepted = 0;

  constructor(options: PortableOptions, events: DispatcherEvents) {
    this.#options = options;
    this.#events = events;
    this.#patience = new Patience(options);
    const tell = (slot: number): void => events.overdue(slot);
    this.#overdue = new OverdueClock(this.#workers, options.requestTimeout, tell);
  }

  get waiting(): number {
    return this.#queue.length;
  }

  start(): void {
    for (const { server, isTcp, takeConnections } of this.#options.listeners) {
      takeConnections((socket) => this.#accept(socket, isTcp));
      server.on('error', (error) => this.#events.notice({ type: 'listener-failed', error }));
    }
  }

  prepare(slot: number, generation: number = 0): WorkerLine {
    this.#generations.set(slot, generation);
    this.#counts.begin(generation);
    return { descriptors: [], intake: { type: 'portable' } };
  }

  attach(slot: number, process: ChildProcess): void {
    const worker = new AttachedWorker(process, this.#generations.get(slot) ?? 0);
    this.#workers.set(slot, worker);
    this.#ledger.open(slot, this.#options.concurrency);
    process.on('message', (message) => {
      const said = readWorkerMessage(message);
      if (said !== undefined) this.#hear(slot, worker, said);
    });
  }

  withdraw(slot: number): Promise<void> {
    this.#ledger.withdraw(slot);
    return Promise.resolve();
  }

  async detach(slot: number): Promise<LifeWork> {
    const worker = this.#workers.get(slot);
    if (worker === undefined) return { served: 0, lost: 0 };
    // We have made it leave: the same request may well be answered by another.
    const answer = this.#ledger.isWithdrawn(slot) ? ANSWER_503 : ANSWER_500;
    this.#ledger.close(slot);
    await worker.lastMessages();
    const { untouched } = abandon(worker, this.#refusals, answer.whole);
    const lost = this.#counts.bury(worker.counted());
    this.#workers.delete(slot);
    if (untouched.length > 0) {
      this.#events.notice({ type: 'redispatched', slot, count: untouched.length });
      this.#queue.putBack(untouched);
      this.#pump();
    }
    return { served: worker.handed.served, lost, current: worker.activity.current };
  }

  async stopAccepting(): Promise<void> {
    const own = this.#options.listeners.filter((listener) => !listener.inherited);
    if (own.length > 0) await backlogsAreEmpty(() => this.#accepted);
    // The close callback never comes when a worker that held a connection was killed: not awaited.
    for (const { server } of this.#options.listeners) server.close();
  }

  change({ queueTimeout, bootTimeout, requestTimeout, maxQueue }: DispatchSettings): void {
    this.#options = { ...this.#options, queueTimeout, bootTimeout, requestTimeout, maxQueue };
    this.#patience.change({ queueTimeout, bootTimeout });
    this.#overdue.change(requestTimeout);
  }

  refuseWaiting(): void {
    for (let entry = this.#queue.shift(); entry; entry = this.#queue.shift()) {
      this.#refuse(entry.socket, 'stopping');
    }
    this.#events.changed();
  }

  answerOverdue(slot: number): Promise<OverdueRequest[]> {
    const { requestTimeout = Infinity } = this.#options;
    const worker = this.#workers.get(slot);
    if (worker === undefined) return Promise.resolve([]);
    return answerStuck(worker, this.#refusals, requestTimeout + REQUEST_GRACE_MS);
  }

  /** Nothing to do: our copies keep them open, and are seen to when the worker is gone. */
  endAnswers(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#duties.stop();
    this.#overdue.stop();
    for (const { server } of this.#options.listeners) if (server.listening) server.close();
    this.refuseWaiting();
    for (const worker of this.#workers.values()) worker.handed.letGo();
  }

  /** It is in this very thread. */
  ping(): Promise<void> {
    return Promise.resolve();
  }

  load(slot: number): WorkerLoad | undefined {
    return this.#workers.get(slot)?.handed;
  }

  activity(slot: number): WorkerActivity | undefined {
    return this.#workers.get(slot)?.activity;
  }

  counts(): DispatchCounts {
    return this.#counts.read([...this.#workers.values()].map((worker) => worker.counted()));
  }

  #accept(socket: Socket, isTcp: boolean): void {
    this.#accepted++;
    // A reset while it waits is nothing to us: whoever serves it will see it.
    socket.on('error', () => {});
    const stranger = strangerOf(socket, isTcp, this.#options);
    if (stranger !== undefined) {
      this.#counts.turnAway('stranger');
      this.#events.notice({ type: 'peer-refused', ...stranger });
      socket.destroy();
      return;
    }
    const isWaiting = this.#queue.length > 0 || this.#ledger.available === 0;
    if (isWaiting && this.#queue.length >= this.#options.maxQueue) {
      this.#events.notice({ type: 'queue-full', limit: this.#options.maxQueue });
      this.#refuse(socket, 'queueFull');
      return;
    }
    this.#queue.push({ socket, since: performance.now() });
    this.#pump();
  }

  #refuse(socket: Socket, reason: TurnAwayReason): void {
    this.#counts.turnAway(reason);
    this.#refusals.refuse(socket);
  }

  /** Passes waiting connections as long as there are credits. */
  #pump(): void {
    while (this.#queue.length > 0) {
      const slot = this.#ledger.take();
      const worker = slot === undefined ? undefined : this.#workers.get(slot);
      if (worker === undefined) break;
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      this.#counts.passed(performance.now() - entry.since);
      worker.pass(this.#nextId++, entry);
    }
    this.#duties.within(this.#untilNextDuty());
    this.#events.changed();
  }

  #hear(slot: number, worker: AttachedWorker, message: WorkerMessage): void {
    worker.hear(message);
    switch (message.type) {
      case 'credit':
        this.#ledger.give(slot, message.count);
        this.#pump();
        break;
      case 'begun':
        this.#overdue.start();
        break;
      case 'answering':
        worker.handed.answered(message.id, 'sending');
        break;
      case 'answered':
        worker.handed.answered(message.id, 'over');
        break;
      case 'left':
      case 'finished':
        if (!worker.handed[message.type === 'left' ? 'leave' : 'finish'](message.id)) break;
        this.#ledger.give(slot);
        this.#pump();
        break;
      case 'refused':
        this.#ledger.withdraw(slot);
        this.#takeBack(worker, message.id);
        break;
      case 'missing':
        if (!this.#takeBack(worker, message.id)) break;
        this.#events.notice({ type: 'connection-missing', slot });
        this.#restCredit(slot, worker);
        break;
      default:
    }
  }

  /** Lets a connection that the worker does not have wait again, first in line. */
  #takeBack(worker: AttachedWorker, id: number): boolean {
    const entry = worker.handed.takeBack(id);
    if (entry === undefined) return false;
    this.#queue.putBack([entry]);
    this.#pump();
    return true;
  }

  /** Returns a credit later: its worker could not use it just now. */
  #restCredit(slot: number, worker: AttachedWorker): void {
    setTimeout(() => {
      if (this.#workers.get(slot) !== worker) return;
      this.#ledger.give(slot);
      this.#pump();
    }, MISSING_REST_MS).unref();
  }

  #untilNextDuty(): number | undefined {
    if (this.#queue.oldest !== undefined) return GROW_AFTER_MS;
    for (const { handed } of this.#workers.values())
      if (handed.unbegun > 0) return CONFIRM_AFTER_MS;
    return undefined;
  }

  #checkTheClock(): void {
    const now = performance.now();
    this.#patience.look(now, this.#ledger.isAnyReady);
    for (let since = this.#queue.oldest; since !== undefined; since = this.#queue.oldest) {
      if (!this.#patience.isOver(now, since)) break;
      const entry = this.#queue.shift();
      const { option } = this.#patience;
      if (entry !== undefined) this.#refuse(entry.socket, IMPATIENCE[option]);
      this.#events.notice({ type: 'queue-timeout', waitedMs: Math.round(now - since), option });
    }
    const oldest = this.#queue.oldest;
    if (oldest !== undefined && now - oldest >= GROW_AFTER_MS) this.#events.demand();
    for (const [slot, worker] of this.#workers) {
      worker.askAboutUnbegun();
      if (worker.handed.isStuckFor(this.#options.queueTimeout)) this.#events.stuck(slot);
    }
    this.#duties.within(this.#untilNextDuty());
  }
}
