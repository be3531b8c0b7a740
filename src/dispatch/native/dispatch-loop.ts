// The dispatch thread's whole life: wait, collect credits, accept, choose, pass. Synchronous; one turn
// at a time.

import { availableParallelism } from 'node:os';
import { EXHAUSTED, NOTHING } from '../../posix/answers.ts';
import { Descriptor } from '../../posix/descriptor.ts';
import { Epoll, EPOLLIN } from '../../posix/epoll.ts';
import { drainEvent } from '../../posix/process.ts';
import { GROW_AFTER_MS } from '../dispatcher.ts';
import { Patience } from '../patience.ts';
import { BacklogClock, CALL_PAUSE_MS } from './backlog-clock.ts';
import { Entrance } from './entrance.ts';
import { LastConnections } from './last-connections.ts';
import { ListenerWatch } from './listener-watch.ts';
import { News } from './news.ts';
import type { ChangeableSettings, Order, Report, ThreadSettings } from './orders.ts';
import { OverdueWatch } from './overdue-watch.ts';
import { ParkedConnections } from './parked-connections.ts';
import { PendingConnections } from './pending-connections.ts';
import { LEAVE_MS, SelfService } from './self-service.ts';
import { SilentWorkers } from './silent-workers.ts';
import { WorkerBoard } from './worker-board.ts';
import { WorkerLines } from './worker-lines.ts';

const LISTENER_TAG = 0;
const EVENT_TAG = 1;
const FIRST_WORKER_TAG = 2;
const PARKED_TAG = 0x80000000;
const MOST_EVENTS = 64;
/** No wait is longer: a thread that blocks for ever keeps its process from ending. Milliseconds. */
const LONGEST_WAIT_MS = 1_000;
/** Accepting pauses so long when no descriptor is left, milliseconds. */
const EXHAUSTED_PAUSE_MS = 100;

export class DispatchLoop {
  readonly #settings: ThreadSettings;
  readonly #report: (report: Report) => void;
  readonly #epoll = new Epoll(MOST_EVENTS, 'the dispatcher');
  readonly #entrance: Entrance;
  readonly #board: WorkerBoard;
  readonly #watch: ListenerWatch;
  readonly #lines: WorkerLines;
  readonly #pending = new PendingConnections();
  readonly #parked: ParkedConnections;
  readonly #last = new LastConnections(
    (fd) => this.#takeIfAllowed(fd),
    () => this.#report({ type: 'exhausted' }),
  );
  readonly #backlog = new BacklogClock();
  readonly #news = new News();
  readonly #patience: Patience;
  readonly #overdue: OverdueWatch;
  readonly #silent: SilentWorkers;
  readonly #selfService = new SelfService(availableParallelism());
  #isAccepting = true;
  /** Accepting pauses: no descriptor is left, or workers keep up with the backlog themselves. */
  #pausedUntil = 0;
  #nextCall = 0;
  #toldWaiting = 0;

  constructor(settings: ThreadSettings, report: (report: Report) => void) {
    this.#settings = settings;
    this.#report = report;
    this.#entrance = new Entrance(settings, (stranger) => {
      report({ type: 'peer-refused', ...stranger });
    });
    const { fd, slots } = settings.board;
    this.#board = WorkerBoard.map(new Descriptor(fd, 'the board'), slots);
    this.#patience = new Patience(settings);
    this.#overdue = new OverdueWatch(this.#board, slots, settings.requestTimeout);
    this.#silent = new SilentWorkers(this.#board, settings.queueTimeout);
    this.#watch = new ListenerWatch(this.#epoll, this.#entrance.descriptors, LISTENER_TAG);
    this.#parked = new ParkedConnections(this.#epoll, PARKED_TAG, settings);
    const parts = { epoll: this.#epoll, board: this.#board, firstTag: FIRST_WORKER_TAG };
    this.#lines = new WorkerLines(parts, settings.concurrency, {
      silent: (connection) => this.#takeSilent(connection),
      recovered: (fds) => this.#pending.putBack(fds),
      lookAgain: () => this.#watch.renew(),
      exhausted: (slot) => report({ type: 'worker-exhausted', slot }),
      missed: (slot, now) => this.#silent.missed(slot, now),
      heard: (slot) => this.#silent.heard(slot),
    });
    this.#epoll.add(settings.event, EPOLLIN, EVENT_TAG);
  }

  obey(order: Order): void {
    switch (order.type) {
      case 'join':
        return this.#lines.join(order);
      case 'withdraw':
        this.#lines.withdraw(order.slot);
        // It may have been woken for a connection that it may not accept any more.
        this.#watch.renew();
        return this.#report({ type: 'withdrawn', slot: order.slot });
      case 'leave':
        return this.#report({ ...order, type: 'left', recovered: this.#lines.leave(order.slot) });
      case 'stop-accepting':
        return this.#stopAccepting();
      case 'refuse-waiting':
        for (const { fd } of this.#pending.takeAll()) this.#report({ type: 'refused', fd });
        return this.#tellWaiting();
      case 'change':
        return this.#change(order.settings);
      case 'ping':
        return this.#report({ type: 'pong' });
      case 'close':
        return this.#close();
    }
  }

  #change(settings: ChangeableSettings): void {
    Object.assign(this.#settings, settings);
    this.#patience.change(settings);
    this.#overdue.change(settings.requestTimeout);
    this.#silent.change(settings.queueTimeout);
  }

  /** Waits once, at most as long as `longestMs`, and deals with what happened. */
  turn(longestMs: number = LONGEST_WAIT_MS): void {
    this.#pass();
    const isOpen = this.#isAccepting && performance.now() >= this.#pausedUntil;
    this.#watch.set(isOpen && this.#backlog.due === undefined);
    const count = this.#epoll.wait(Math.min(longestMs, this.#untilNextDuty()));
    for (let i = 0; i < count; i++) this.#hear(this.#epoll.tagAt(i));
    if (count === 0) this.#watch.renew();
    this.#pass();
    this.#checkTheClock();
    this.#tellWaiting();
  }

  #hear(tag: number): void {
    if (tag >= PARKED_TAG) this.#wakeParked(tag - PARKED_TAG);
    else if (tag === EVENT_TAG) drainEvent(this.#settings.event);
    else if (tag === LISTENER_TAG) this.#accept();
    else if (this.#lines.hear(tag)) {
      this.#news.add();
      if (this.#lines.available > 0) this.#backlog.stop();
    }
  }

  #accept(): void {
    if (this.#lines.available === 0) {
      this.#backlog.start(performance.now(), this.#board.countBegun());
      return;
    }
    const taken = this.#board.countSelfServed();
    if (this.#selfService.keepsUp(performance.now(), taken)) return this.#pause(LEAVE_MS);
    while (this.#pending.length < this.#lines.available) {
      const fd = this.#entrance.accept();
      if (fd === NOTHING) return;
      if (fd === EXHAUSTED) return this.#runOut();
      if (fd >= 0) this.#pending.add(fd);
    }
  }

  #pause(ms: number): void {
    this.#pausedUntil = performance.now() + ms;
  }

  #runOut(): void {
    this.#pause(EXHAUSTED_PAUSE_MS);
    this.#report({ type: 'exhausted' });
  }

  /** Passes connections that are here as long as there are credits. */
  #pass(): void {
    if (this.#pending.pass(this.#lines) > 0) this.#news.add();
    this.#board.setWaiting(this.#pending.length);
  }

  #takeSilent(fd: number): void {
    if (this.#isAccepting) this.#parked.add(fd);
    else this.#pending.putBack([fd]);
  }

  #wakeParked(fd: number): void {
    if (this.#parked.take(fd)) this.#pending.add(fd);
  }

  #stopAccepting(): void {
    this.#isAccepting = false;
    this.#backlog.stop();
    this.#watch.clear();
    const since = performance.now();
    this.#last.end(this.#entrance.leave(), since);
    // They were accepted, too: a worker waits for what they may still ask.
    for (const fd of this.#parked.takeAll()) this.#pending.add(fd, since);
    this.#tellEnd(since);
  }

  #tellEnd(now: number): void {
    if (!this.#last.areOver(now)) return;
    // First: when nothing waits and no worker is left, the end of accepting is the end of the server.
    this.#tellWaiting();
    this.#report({ type: 'accepting-stopped' });
  }

  #takeIfAllowed(fd: number): void {
    if (this.#entrance.admits(fd)) this.#pending.add(fd);
  }

  #close(): void {
    this.#watch.clear();
    this.#entrance.close();
    this.#last.close();
    this.#lines.close();
    // Last: what a worker had sent back is parked when its line is closed.
    this.#pending.close();
    this.#parked.close();
    this.#epoll.close();
  }

  #refuse(fd: number, since: number, now: number): void {
    const late = { waitedMs: now - since, option: this.#patience.option };
    this.#report({ type: 'refused', fd, late });
  }

  #untilNextDuty(): number {
    const now = performance.now();
    const due = Math.min(
      now + LONGEST_WAIT_MS,
      this.#backlog.due ?? Infinity,
      this.#lines.due ?? Infinity,
      this.#parked.due ?? Infinity,
      this.#last.due ?? Infinity,
      this.#overdue.due ?? Infinity,
      this.#silent.due ?? Infinity,
      this.#pausedUntil > now ? this.#pausedUntil : Infinity,
      this.#pending.length > 0 ? Math.max(this.#nextCall, now + 1) : Infinity,
      this.#news.due(this.#lines.isAtRest) ?? Infinity,
    );
    return Math.max(0, Math.ceil(due - now));
  }

  #checkTheClock(): void {
    const now = performance.now();
    this.#lines.checkUnread(now);
    this.#board.countSilent(this.#parked.expire(now));
    this.#tellEnd(now);
    this.#patience.look(now, this.#lines.areReady);
    this.#refuseLate(now);
    this.#callForWorker(now);
    for (const slot of this.#overdue.look(now)) this.#report({ type: 'overdue', slot });
    for (const slot of this.#silent.look(now)) this.#report({ type: 'stuck', slot });
    if (this.#news.take(now, this.#lines.isAtRest)) this.#report({ type: 'changed' });
  }

  #refuseLate(now: number): void {
    for (let since = this.#pending.oldest; since !== undefined; since = this.#pending.oldest) {
      if (!this.#patience.isOver(now, since)) return;
      const first = this.#pending.take();
      if (first !== undefined) this.#refuse(first.fd, since, now);
    }
  }

  /** Asks for a worker when a connection has waited for a moment and no credit has come. */
  #callForWorker(now: number): void {
    if (this.#lines.available > 0) return;
    const isLate = (this.#pending.oldest ?? Infinity) + GROW_AFTER_MS <= now;
    const mustLook = (this.#backlog.due ?? Infinity) <= now;
    if (mustLook && !this.#watch.hasWaiting()) this.#backlog.stop();
    else if (mustLook) {
      const since = this.#backlog.look(now, this.#board.countBegun());
      if (this.#patience.isOver(now, since)) this.#refuseBacklog(since, now);
    }
    if (now < this.#nextCall || !(isLate || (mustLook && this.#backlog.due !== undefined))) return;
    this.#nextCall = now + CALL_PAUSE_MS;
    this.#tellWaiting();
    this.#report({ type: 'demand' });
  }

  /** Nobody has taken anything for too long: what waits in the backlog gets its answer. */
  #refuseBacklog(since: number, now: number): void {
    const mayWait = this.#entrance.acceptSome((fd) => this.#refuse(fd, since, now));
    // What is left has waited as long: it is its turn at the next look.
    if (!mayWait) this.#backlog.stop();
  }

  #tellWaiting(): void {
    // How many wait in the backlog, the kernel does not say: at least one.
    const count = this.#pending.length + (this.#backlog.isLate ? 1 : 0);
    if (count === this.#toldWaiting) return;
    this.#toldWaiting = count;
    this.#report({ type: 'waiting', count });
  }
}
