// What a running server tells of itself: the one shape behind `status`, `top`, the status page, metrics
// and the log. Plain data, so that it travels as JSON. Times are Unix milliseconds, durations milliseconds,
// sizes bytes.

import type { GenerationTotals, ServerTotals, WorkerTotals } from './request-totals.ts';

export interface ServerStatus {
  version: string;
  /** Of the master. */
  pid: number;
  /** Version of Node. */
  node: string;
  dispatch: 'native' | 'portable';
  startedAt: number;
  uptimeMs: number;
  phase: 'serving' | 'reloading' | 'delaying' | 'stopping';
  /** Grows with each reload that succeeded. */
  generation: number;
  limits: { minWorkers: number; spareWorkers: number; maxWorkers: number; concurrency: number };
  /** Options in force, by their keys, as text; and where each comes from. */
  options: Record<string, { value: string; source: string }>;
  /** Since the start of the server, workers that are gone included. */
  totals: ServerTotals;
  /** The requests of the totals by generation: the last few, oldest first. */
  generations: GenerationTotals[];
  /** What became of workers, and of reloads. */
  lives: WorkerTotals;
  /** How the pool fares with the workers that it loses. */
  health: PoolHealth;
  /** Over the last 10 seconds; absent until there are figures for it. */
  rates?: ServerRates;
  listeners: ListenerStatus[];
  /** Connections that the dispatcher holds and no worker has yet. */
  waiting: number;
  workers: WorkerStatus[];
  /** Newest last, a bounded number. */
  events: ServerEvent[];
  /** One a second, oldest first, at most those of ten minutes; for the status page. */
  samples: Sample[];
}

/** How a pool fares that loses workers. */
export interface PoolHealth {
  /** Workers that failed to boot, or died at once, since one last stayed. */
  failedBoots: number;
  /** Until the next worker may be started, milliseconds; 0: now. */
  nextAttemptMs: number;
  /** Workers that died in the last minute after they had been ready. */
  crashesLastMinute: number;
  /** Workers die one after the other and achieve nothing. */
  isCrashLoop: boolean;
}

export interface ServerRates {
  requestsPerSecond: number;
  errorsPerSecond: number;
  /** Share of the workers' time in which they run requests, 0 to 1. */
  busy: number;
}

export interface ListenerStatus {
  /** As in the log: `127.0.0.1:4000`, `unix:/run/app.sock`. */
  address: string;
  /** Connections in the kernel's queue; `null`: not known on this system. */
  backlog: number | null;
  /** Most that the queue holds; `null`: not known. */
  limit: number | null;
}

export interface WorkerStatus {
  slot: number;
  pid: number | null;
  generation: number;
  state: 'booting' | 'idle' | 'busy' | 'draining' | 'killed';
  ageMs: number;
  bootMs: number | null;
  /** Requests that it runs. */
  running: number;
  /** Connections finished in its life. */
  requests: number;
  errors: number;
  /** Resident size; `null`: not known. */
  memory: number | null;
  /** Since when it is idle, milliseconds ago; `null` while it is not. */
  idleMs: number | null;
  /** The oldest request that it runs; `null`: none, or not known which. */
  current: { method: string; uri: string; ageMs: number; headSent: boolean } | null;
  /** Why it leaves; `null` while it does not. */
  reason: string | null;
}

export interface ServerEvent {
  at: number;
  type: 'crash' | 'boot-failure' | 'reload' | 'reload-failed' | 'killed';
  /** As the log has it. */
  message: string;
}

/** One second of the server's life. */
export interface Sample {
  at: number;
  requests: number;
  errors: number;
  /** Latency of the requests that ended in it; `null` if none did. */
  p50: number | null;
  p99: number | null;
  /** Connections in all backlogs and at the dispatcher. */
  backlog: number;
  busy: number;
  workers: number;
}
