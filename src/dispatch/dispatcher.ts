// The master's side of dispatch: the contract that every dispatcher keeps.

import type { ChildProcess } from 'node:child_process';
import type { GenerationCounts } from '../counts/generation-counts.ts';
import type { TurnAwayReason } from '../counts/outcomes.ts';
import type { RequestCounts } from '../counts/request-counts.ts';
import type { IntakeSettings } from '../ipc/messages.ts';
import type { RunningRequest, WorkerActivity } from './activity.ts';
import type { PatienceLimits, PatienceOption } from './patience.ts';

/** What the dispatcher tells its owner; called synchronously, never re-entered. */
export interface DispatcherEvents {
  /** A connection has waited `GROW_AFTER_MS` and no credit is anywhere: the pool should grow. */
  demand(): void;
  /** Credits or waiting connections changed. Comes often; do little. */
  changed(): void;
  /** The worker has had a connection for the queue timeout and has not begun it: end it. */
  stuck(slot: number): void;
  /**
   * The worker runs a request for longer than the request timeout, though it should have ended it
   * itself. Told again every few seconds as long as that is so.
   */
  overdue(slot: number): void;
  /** Connections were turned away, or something else that the log must tell. */
  notice(notice: DispatchNotice): void;
}

/** Something the operator must read, with what a log line needs. */
export type DispatchNotice =
  | { type: 'queue-full'; limit: number }
  | { type: 'queue-timeout'; waitedMs: number; option: PatienceOption }
  | ({ type: 'peer-refused' } & Stranger)
  | { type: 'connection-missing'; slot: number }
  | { type: 'redispatched'; slot: number; count: number }
  | { type: 'listener-failed'; error: Error }
  /** No descriptor is left for new connections; accepting pauses. */
  | { type: 'exhausted' }
  /** A worker has no descriptor left for another connection: it gets none until it has. */
  | { type: 'worker-exhausted'; slot: number }
  /** The dispatcher itself is broken: nothing can be served any more. */
  | { type: 'dispatcher-failed'; error: Error };

/** A request that takes too long, and what its worker cannot do for it any more. */
export interface OverdueRequest {
  /** Where it is known which it is. */
  request: Pick<RunningRequest, 'id' | 'method' | 'uri'> | undefined;
  /** For how long it runs, milliseconds. */
  ageMs: number;
  /** Whether it is answered 504 now; if not, why nobody can. */
  answer: 'answered' | 'head-sent' | { impossible: string };
}

/** A peer that may not be served. */
export interface Stranger {
  /** As the log shows it: of TCP its address, of a Unix socket its process. */
  address: string;
  /** Where it is not listed. */
  rule: '--allow' | '--allow-uid or --allow-gid';
}

/** What a worker process needs from its dispatcher. */
export interface WorkerLine {
  /** Descriptors that it inherits, in this order, behind its channel for messages. */
  descriptors: number[];
  /** Which intake it runs. */
  intake: IntakeSettings;
}

/** One worker as the dispatcher sees it. */
export interface WorkerLoad {
  /** Connections that the worker was given and has not finished. */
  running: number;
  /** Since when it runs nothing, milliseconds of `performance.now()`; `undefined` while it runs something. */
  idleSince: number | undefined;
  /** Connections finished so far. */
  served: number;
}

/** What came of the connections of a worker that is gone. */
export interface LifeWork {
  /** Finished in its life. */
  served: number;
  /** Begun and not finished: they died with it. */
  lost: number;
  /** The oldest of those lost, where it is known which. */
  current?: RunningRequest | undefined;
}

/** Times that dispatchers keep, milliseconds. */
export interface DispatchTimes extends PatienceLimits {
  /** Longest time that a request may take; `undefined`: no limit. */
  requestTimeout: number | undefined;
}

/** What may become different while it works. Durations are milliseconds. */
export interface DispatchSettings extends DispatchTimes {
  /** Most connections that wait, where they wait in the master. */
  maxQueue: number;
  /** Longest time that a connection may say nothing, where it does so in the master. */
  headerTimeout: number;
}

/** What has been counted since the start: of workers that are gone as of those that live. */
export interface DispatchCounts {
  all: RequestCounts;
  /** The last few generations, oldest first. */
  generations: GenerationCounts[];
  /** Connections that no worker began. */
  refused: Record<TurnAwayReason, number>;
  /** How long those that were passed had waited here: a histogram. */
  waits: Float64Array;
}
/** What a worker needs to end a request itself when its time is over, milliseconds. */
export const REQUEST_GRACE_MS = 100;
/** A request that takes too long is told of again after so long, milliseconds. */
export const TELL_OVERDUE_MS = 5_000;

/** How long a connection waits for a credit before the pool is asked to grow, in milliseconds. */
export const GROW_AFTER_MS = 10;

/**
 * Accepts connections and passes each to a worker that has a credit.
 *
 * A worker is attached when spawned, gives its credits when ready, and is detached when its process
 * is gone. A connection that it had not begun by then is passed to another.
 */
export interface Dispatcher {
  /** Begins to accept. */
  start(): void;
  /**
   * Prepares what a worker of `generation` in `slot` inherits; spawned at once, then attached.
   *
   * @param linger - how long it waits for the next connection itself when it has just finished, milliseconds;
   *   absent: as long as workers did at the start
   */
  prepare(slot: number, generation?: number, linger?: number): WorkerLine;
  /** A worker has been spawned in `slot`; it may report credits from now on. */
  attach(slot: number, worker: ChildProcess): void;
  /** Withdraws the worker's credits. Nothing is passed to it once this has resolved. */
  withdraw(slot: number): Promise<void>;
  /** The worker's process is gone. What it had not begun waits again, first in line. */
  detach(slot: number): Promise<LifeWork>;
  /**
   * Accepts what the backlog of our own listeners holds now, then closes all listeners. Inherited
   * ones are only let go: what waits there is for whoever listens next.
   */
  stopAccepting(): Promise<void>;
  /** Works with these settings from now on. */
  change(settings: DispatchSettings): void;
  /** Answers everything that waits with 503. */
  refuseWaiting(): void;
  /**
   * Answers 504 to the requests of a worker that does not respond, as far as they have run for too long,
   * are known and not answered. Whatever the worker sends on their connections from then on is lost.
   */
  answerOverdue(slot: number): Promise<OverdueRequest[]>;
  /**
   * Ends what a worker has begun, which is killed next: what is not answered gets 503, as far as it is known,
   * and what is half sent will not look whole.
   */
  endAnswers(slot: number): Promise<void>;
  /** Lets go of all that is still held; connections that a worker serves live on in the worker. */
  close(): void;
  /** Resolves when it has shown that it works: what waits is being seen to. */
  ping(): Promise<void>;
  /** Connections that wait for a credit; what waits in the kernel's backlog counts as one at most. */
  readonly waiting: number;
  /** The load of the worker in `slot`; `undefined` when none is attached. */
  load(slot: number): WorkerLoad | undefined;
  /** What the worker in `slot` has done and does; `undefined` when none is attached. */
  activity(slot: number): WorkerActivity | undefined;
  /** Everything counted so far. A connection is in it when its worker is done with it, or is gone. */
  counts(): DispatchCounts;
}
