// What an operator may ask of a running server, and what is answered: the contract behind the control
// socket, the status page and signals. Plain data, so that answers travel as JSON.

import type { ServerStatus } from './server-status.ts';

/** What came of a reload. Durations are milliseconds. */
export interface ReloadReceipt {
  ok: boolean;
  /** The generation that serves now: the new one, or after a failure the old one. */
  generation: number;
  /** Workers of the new generation that became ready. */
  workers: { slot: number; pid: number; bootMs: number }[];
  /** Old workers that finished what they ran. */
  drained: number;
  /** Old workers that had to be killed. */
  killed: number;
  durationMs: number;
  /** Keys of changed options that only a restart can change. */
  ignored: string[];
  /** Why it failed, as the log says it; absent when it did not. */
  error?: string;
}

export interface ScaleReceipt {
  ok: boolean;
  maxWorkers: number;
  error?: string;
}

export interface RecycleReceipt {
  ok: boolean;
  /** Slots whose workers were replaced. */
  recycled: number[];
  durationMs: number;
  error?: string;
}

export interface PingReceipt {
  ok: boolean;
  /** From connecting to the last byte of the answer. */
  durationMs: number;
  /** All workers were busy when it was sent, so that it had to wait its turn. */
  waited: boolean;
  /** The worker that answered; absent when none did. */
  slot?: number;
  pid?: number;
  error?: string;
}

/** All promises resolve: what goes wrong is in the answer. */
export interface Operations {
  status(): Promise<ServerStatus>;
  /** Prometheus text format, version 0.0.4. */
  metrics(): Promise<string>;
  /** Resolves when it is done; `onlyCode`: without reading the configuration again (USR2). */
  reload(onlyCode: boolean): Promise<ReloadReceipt>;
  stop(quick: boolean): void;
  scale(maxWorkers: number): Promise<ScaleReceipt>;
  /** Replaces the worker in `slot`, or all, one after the other. */
  recycle(slot: number | undefined): Promise<RecycleReceipt>;
  /** Sends a request through a worker. */
  ping(): Promise<PingReceipt>;
}
