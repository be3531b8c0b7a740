// What is counted, measured and remembered while a server runs, brought together for whoever tells it.

import type { DispatchCounts, Dispatcher } from '../dispatch/dispatcher.ts';
import type { RequestCounts } from '../counts/request-counts.ts';
import { allDurations, countOver } from '../counts/request-counts.ts';
import type { Chronicle } from '../ops/chronicle.ts';
import { describeTotals } from '../ops/describe-totals.ts';
import type { Reading } from '../ops/history.ts';
import { History } from '../ops/history.ts';
import type { ListenQueue } from '../ops/listen-queues.ts';
import { readListenQueues } from '../ops/listen-queues.ts';
import type { Logger } from '../ops/logger.ts';
import { memoryReader } from '../ops/process-memory.ts';
import type { GenerationTotals, ServerTotals, WorkerTotals } from '../ops/request-totals.ts';
import type { ListenerStatus, Sample, ServerEvent, ServerRates } from '../ops/server-status.ts';
import { countIn, toGenerationTotals, toServerTotals } from '../ops/totals.ts';
import type { WorkerHandle } from './worker-handle.ts';
import type { WorkerSlots } from './worker-slots.ts';

export interface FigureParts {
  dispatcher: Pick<Dispatcher, 'counts' | 'waiting' | 'load' | 'activity'>;
  workers: Pick<WorkerSlots, 'all' | 'size'>;
  chronicle: Chronicle;
  queues: readonly ListenQueue[];
  concurrency: number;
  isNative: boolean;
  /** Somebody may ask how it fares second by second. */
  isWatched: boolean;
}

export class ServerFigures {
  readonly #parts: FigureParts;
  readonly #history: History;
  /** Resident size of a process, bytes; `null`: not known. */
  readonly memory: (pid: number) => number | null = memoryReader();
  #listeners: ListenerStatus[];
  /** Connections that were over at the last look. */
  #over = -1;
  /** Where workers run several requests at once: time spent on them, and since when it is not added. */
  #busy = { ms: 0, since: performance.now() };

  constructor(parts: FigureParts) {
    this.#parts = parts;
    this.#history = new History({ isWanted: parts.isWatched, read: () => this.#read() });
    this.#listeners = parts.queues.map(({ address, limit }) => ({ address, backlog: null, limit }));
  }

  get chronicle(): Chronicle {
    return this.#parts.chronicle;
  }

  start(): void {
    this.#history.start();
  }

  close(): void {
    this.#history.close();
  }

  /** Says in the log what became of all connections. */
  tell(log: Logger): void {
    const totals = this.totals();
    const { pairs, refused, bytesIn, bytesOut } = totals;
    const generations = this.generations().map(({ generation, pairs: own }) => [generation, own]);
    const requests = { timed: countIn(totals.durations), queued: countIn(totals.queued) };
    const { ended } = this.lives();
    const queuedMs = totals.queued.sum;
    log.info(describeTotals(totals));
    log.debug('counted', {
      pairs,
      refused,
      bytesIn,
      bytesOut,
      requests,
      queuedMs,
      generations,
      ended,
    });
  }

  /** Since the start of the server. */
  totals(): ServerTotals {
    return toServerTotals(this.#counts());
  }

  /** The last few, oldest first. */
  generations(): GenerationTotals[] {
    return toGenerationTotals(this.#counts());
  }

  lives(): WorkerTotals {
    return this.chronicle.lives;
  }

  /** Over the last seconds; `undefined` until there are any. */
  rates(): ServerRates | undefined {
    return this.#history.rates;
  }

  /** One a second, oldest first. */
  samples(): Sample[] {
    return this.#history.samples;
  }

  /** Newest last. */
  events(): ServerEvent[] {
    return this.chronicle.events;
  }

  /** The queue of each listener, as it was at the last {@link refresh}. */
  listeners(): ListenerStatus[] {
    return this.#listeners;
  }

  /** Looks at what cannot be told at once. Never fails. */
  async refresh(): Promise<void> {
    this.#listeners = await readListenQueues(this.#parts.queues);
  }

  #counts(): DispatchCounts {
    return this.#parts.dispatcher.counts();
  }

  async #read(): Promise<Reading> {
    const { dispatcher, workers, concurrency, isNative } = this.#parts;
    const { all } = this.#counts();
    // At rest nothing can wait: nobody has to look into /proc every second.
    if (!this.#isAtRest(all)) await this.refresh();
    const serving = workers.all.filter(({ state }) => state === 'ready' || state === 'draining');
    const inBacklogs = this.#listeners.reduce((sum, { backlog }) => sum + (backlog ?? 0), 0);
    return {
      counts: all,
      busyMs: concurrency === 1 ? this.#exactBusyMs(all) : this.#sampledBusyMs(),
      capacity: serving.length * concurrency,
      workers: workers.size,
      // The native dispatcher leaves connections in the kernel, and counts them as one itself.
      backlog: isNative
        ? Math.max(inBacklogs, dispatcher.waiting)
        : inBacklogs + dispatcher.waiting,
    };
  }

  /** Nothing has ended since the last look, and nothing runs or waits. */
  #isAtRest(all: RequestCounts): boolean {
    const { dispatcher, workers } = this.#parts;
    const over = countOver(all);
    const hasMoved = over !== this.#over;
    this.#over = over;
    const isIdle = ({ state, slot }: WorkerHandle): boolean =>
      state === 'ready' && dispatcher.load(slot)?.running === 0;
    const wereEmpty = this.#listeners.every(({ backlog }) => backlog === 0 || backlog === null);
    return (
      !hasMoved &&
      wereEmpty &&
      dispatcher.waiting === 0 &&
      workers.all.every(isIdle) &&
      workers.size > 0
    );
  }

  /** Time of the requests that are over, and of those that run. */
  #exactBusyMs(all: RequestCounts): number {
    const { dispatcher, workers } = this.#parts;
    const now = performance.now();
    const [over = 0] = allDurations(all);
    const running = workers.all.map(({ slot }) => {
      const current = dispatcher.activity(slot)?.current;
      return current === undefined ? 0 : now - current.startedAt;
    });
    return running.reduce((sum, ms) => sum + ms, over);
  }

  /** Of several requests in one worker only the oldest is known: as many as run now are taken to have run since. */
  #sampledBusyMs(): number {
    const { dispatcher, workers } = this.#parts;
    const now = performance.now();
    const loads = workers.all.map(({ slot }) => dispatcher.load(slot)?.running ?? 0);
    const running = loads.reduce((sum, count) => sum + count, 0);
    const ms = this.#busy.ms + running * (now - this.#busy.since);
    this.#busy = { ms, since: now };
    return ms;
  }
}
