// Everything that can happen to a master: asynchronous sources only make one of these.

import type { DispatchNotice, LifeWork } from '../dispatch/dispatcher.ts';
import type { WorkerMessage } from '../ipc/messages.ts';
import type { RecycleReceipt, ReloadReceipt, ScaleReceipt } from '../ops/operations.ts';
import type { GatewayEvent } from './gateway-process.ts';
import type { WatchEvent } from './handler-watch.ts';
import type { ReloadRun } from './reload-run.ts';
import type { SettingsOutcome } from './rollout.ts';
import type { ProcessEnd, WorkerHandle } from './worker-handle.ts';

export type Command =
  | { type: 'signal'; signal: NodeJS.Signals }
  /** Stop; `exitCode` is what the process ends with. */
  | { type: 'stop'; quick: boolean; reason: string; exitCode: number }
  /** Nothing more is accepted; what was is in the queue or with a worker. */
  | { type: 'accepting-stopped' }
  /** The time for stopping is over. */
  | { type: 'stop-overdue' }
  | { type: 'worker-message'; worker: WorkerHandle; message: WorkerMessage }
  /** The worker's channel is closed though its process lives. */
  | { type: 'worker-deaf'; worker: WorkerHandle }
  /** The worker did not boot, or leave, in its time. */
  | { type: 'worker-overdue'; worker: WorkerHandle; timeoutMs: number }
  | { type: 'worker-ended'; worker: WorkerHandle; end: ProcessEnd }
  /** The dead worker's connections are accounted for; its slot is free. */
  | { type: 'worker-reaped'; worker: WorkerHandle; end: ProcessEnd; work: LifeWork }
  /** A worker of this generation cannot even be started. */
  | { type: 'unstartable'; generation: number; why: string }
  /** A connection waits and no worker is idle. */
  | { type: 'demand' }
  /** The load changed, or time passed: compare the pool with what is wanted. */
  | { type: 'check-pool' }
  | { type: 'notice'; notice: DispatchNotice }
  /** The worker does not begin what it was passed. */
  | { type: 'worker-stuck'; slot: number }
  /** The worker runs a request for longer than it may. */
  | { type: 'worker-late'; slot: number }
  /** Bring new code, and unless `onlyCode` new settings, into service; `done` hears what came of it. */
  | { type: 'reload'; onlyCode: boolean; reason: string; done?: (receipt: ReloadReceipt) => void }
  /** The settings for a reload were read, or cannot be. */
  | { type: 'settings-read'; run: ReloadRun; outcome: SettingsOutcome }
  /** Another maximum of workers, until the next reload; by one, or as told. */
  | {
      type: 'scale';
      to: number | 'more' | 'fewer';
      reason: string;
      done?: (receipt: ScaleReceipt) => void;
    }
  /** Replace the worker in `slot`, or all of them, one after the other. */
  | {
      type: 'recycle';
      slot: number | undefined;
      reason: string;
      done?: (receipt: RecycleReceipt) => void;
    }
  /** Write the status into the log. */
  | { type: 'log-status' }
  | { type: 'gateway'; event: GatewayEvent }
  | { type: 'watch'; event: WatchEvent };

/** Gives a command to the master. */
export type Submit = (command: Command) => void;
