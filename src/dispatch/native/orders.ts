// What the master's main thread and its dispatch thread say to each other.

import type { DispatchTimes, Stranger } from '../dispatcher.ts';
import type { PatienceOption } from '../patience.ts';
import type { PeerRules } from './stranger.ts';

/** What may become different while the thread works. */
export interface ChangeableSettings extends DispatchTimes {
  /** Longest time that a connection may say nothing, milliseconds. */
  headerTimeout: number;
}

/** Everything that the dispatch thread is made of. Descriptors are numbers: they belong to the process. */
export interface ThreadSettings extends PeerRules, ChangeableSettings {
  /** Listening sockets; the thread owns its numbers from now on. */
  listeners: { fd: number; subject: string; inherited: boolean }[];
  /** Wakes the thread: an eventfd that the main thread signals after every order. */
  event: number;
  /** The board's memory and its number of lines. */
  board: { fd: number; slots: number };
  /** Credits of each worker. */
  concurrency: number;
}

/** Main thread to dispatch thread. */
export type Order =
  /** A worker was spawned. The descriptors are the thread's from now on. */
  | { type: 'join'; slot: number; channel: number; workerEnd: number; doorbell: number }
  /** Pass nothing more to it; answered with `withdrawn`. */
  | { type: 'withdraw'; slot: number }
  /** Its process is gone; answered with `left`. */
  | { type: 'leave'; slot: number }
  /** Accept what waits, then close the listeners; answered with `accepting-stopped`. */
  | { type: 'stop-accepting' }
  /** Give all that waits to the main thread, as `refused`. */
  | { type: 'refuse-waiting' }
  /** Work with these settings from now on. */
  | { type: 'change'; settings: ChangeableSettings }
  /** Show that you are there; answered with `pong`. */
  | { type: 'ping' }
  | { type: 'close' };

/** A connection that has waited for too long. */
export interface Late {
  waitedMs: number;
  option: PatienceOption;
}

/** Dispatch thread to main thread. */
export type Report =
  | { type: 'withdrawn'; slot: number }
  | { type: 'left'; slot: number; recovered: number }
  | { type: 'accepting-stopped' }
  | { type: 'pong' }
  /** A connection waits, and no credit is anywhere. */
  | { type: 'demand' }
  /** How many connections wait, as far as is known. */
  | { type: 'waiting'; count: number }
  /** Answer this connection 503: it is the main thread's now. */
  | { type: 'refused'; fd: number; late?: Late }
  /** A worker runs a request for longer than it may. */
  | { type: 'overdue'; slot: number }
  /** A worker that runs nothing has not come for what it was passed. */
  | { type: 'stuck'; slot: number }
  | ({ type: 'peer-refused' } & Stranger)
  /** Credits moved. */
  | { type: 'changed' }
  /** No descriptor is left; accepting pauses. */
  | { type: 'exhausted' }
  /** A worker has no descriptor for another connection. */
  | { type: 'worker-exhausted'; slot: number };
