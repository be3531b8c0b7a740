// What has happened to workers and reloads: the last of it by name, all of it by number. Told by the master;
// costs nothing while nothing happens.

import { countDuration, HISTOGRAM_LENGTH } from '../counts/duration-buckets.ts';
import type { WorkerEnd } from '../counts/outcomes.ts';
import { toHistogram } from './totals.ts';
import type { WorkerTotals } from './request-totals.ts';
import type { ServerEvent } from './server-status.ts';

/** Events that are remembered. */
const MOST_EVENTS = 50;
/** Ends that somebody may want to know about one by one. */
const EVENTFUL: ReadonlySet<WorkerEnd> = new Set(['crash', 'boot-failure', 'killed']);

export class Chronicle {
  readonly #now: () => number;
  readonly #boots = new Float64Array(HISTOGRAM_LENGTH);
  readonly #ended: Record<WorkerEnd, number> = {
    crash: 0,
    'boot-failure': 0,
    killed: 0,
    reload: 0,
    recycled: 0,
    retired: 0,
    stopped: 0,
  };
  readonly #reloads = { done: 0, failed: 0 };
  #events: ServerEvent[] = [];
  #isStopping = false;

  /** @param now - Unix milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Newest last. */
  get events(): ServerEvent[] {
    return [...this.#events];
  }

  get lives(): WorkerTotals {
    return {
      ended: { ...this.#ended },
      boots: toHistogram(this.#boots),
      reloads: { ...this.#reloads },
    };
  }

  /** A worker is ready, after so many milliseconds. */
  workerReady(bootMs: number): void {
    countDuration(this.#boots, 0, bootMs);
  }

  /** From now on workers leave because the server stops. */
  stopping(): void {
    this.#isStopping = true;
  }

  /** A worker is gone, or could not even be started. @param message - as the log has it */
  workerEnded(end: WorkerEnd, message: string): void {
    const isPart = this.#isStopping && end !== 'crash' && end !== 'boot-failure';
    this.#ended[isPart ? 'stopped' : end]++;
    if (!isPart && EVENTFUL.has(end)) this.#add(end as ServerEvent['type'], message);
  }

  /** A reload is over. @param message - as the log has it */
  reloaded(ok: boolean, message: string): void {
    this.#reloads[ok ? 'done' : 'failed']++;
    this.#add(ok ? 'reload' : 'reload-failed', message);
  }

  /** What a failed reload had left undone is done. */
  reloadCompleted(message: string): void {
    this.#add('reload', message);
  }

  #add(type: ServerEvent['type'], message: string): void {
    this.#events.push({ at: this.#now(), type, message });
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
  }
}
