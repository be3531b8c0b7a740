// Gathers what a server tells of itself from those who know it.

import type { ResolvedConfig } from '../config/resolve.ts';
import { printedOptions } from '../config/print-config.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { ServerStatus, WorkerStatus } from '../ops/server-status.ts';
import { packageVersion } from '../package-version.ts';
import type { Pool } from './pool.ts';
import type { ServerFigures } from './server-figures.ts';
import type { WorkerHandle } from './worker-handle.ts';
import type { WorkerState } from './worker-state.ts';

/** Who knows what. */
export interface StatusSources {
  dispatch: ServerStatus['dispatch'];
  dispatcher: Pick<Dispatcher, 'waiting' | 'load' | 'activity'>;
  /** The configuration in force. */
  settings: ResolvedConfig;
  pool: Pick<Pool, 'workers' | 'maxWorkers' | 'generations' | 'health'>;
  phase(): ServerStatus['phase'];
  figures: ServerFigures;
}

/** Returns what tells the status, whenever it is called. */
export function serverStatus(sources: StatusSources): () => ServerStatus {
  const { dispatch, dispatcher, figures, settings, pool } = sources;
  const version = packageVersion();
  const startedAt = Date.now();
  const start = performance.now();
  return () => {
    const rates = figures.rates();
    return {
      version,
      pid: process.pid,
      node: process.version,
      dispatch,
      startedAt,
      uptimeMs: Math.round(performance.now() - start),
      phase: sources.phase(),
      generation: pool.generations.present.number,
      limits: { ...limitsOf(settings.config), maxWorkers: pool.maxWorkers },
      options: optionsOf(settings),
      totals: figures.totals(),
      generations: figures.generations(),
      lives: figures.lives(),
      health: pool.health,
      ...(rates === undefined ? {} : { rates }),
      listeners: figures.listeners(),
      waiting: dispatcher.waiting,
      workers: pool.workers.all.map((worker) => describeWorker(worker, sources)),
      events: figures.events(),
      samples: figures.samples(),
    };
  };
}

function limitsOf({ minWorkers, spareWorkers, concurrency }: ResolvedConfig['config']) {
  return { minWorkers, spareWorkers, concurrency };
}

/** Values of the workers' environment are secrets as often as not. */
function optionsOf(resolved: ResolvedConfig): ServerStatus['options'] {
  const hidden = { ...resolved.config, env: resolved.config.env.map(withoutValue) };
  const rows = printedOptions({ config: hidden, sources: resolved.sources });
  return Object.fromEntries(rows.map(({ key, value, source }) => [key, { value, source }]));
}

function withoutValue(assignment: string): string {
  return assignment.replace(/=.*/s, '=...');
}

function describeWorker(
  worker: WorkerHandle,
  { dispatcher, figures }: StatusSources,
): WorkerStatus {
  const { slot, pid = null, generation, state } = worker;
  // It takes nothing more, and leaves when another is ready.
  const resting = state === 'ready' && worker.worn?.isResting === true ? worker.worn : undefined;
  const load = dispatcher.load(slot);
  const activity = dispatcher.activity(slot);
  const running = load?.running ?? 0;
  const bootMs = activity?.bootMs ?? 0;
  return {
    slot,
    pid,
    generation,
    state: resting === undefined ? stateOf(state, running) : 'draining',
    ageMs: Math.round(worker.uptimeMs),
    bootMs: bootMs === 0 ? null : bootMs,
    running,
    requests: activity?.served ?? load?.served ?? 0,
    errors: activity?.errors ?? 0,
    memory: pid === null ? null : figures.memory(pid),
    idleMs: load?.idleSince === undefined ? null : since(load.idleSince),
    current: activity?.current === undefined ? null : describeRequest(activity.current),
    reason: worker.reason ?? resting?.reason ?? null,
  };
}

function describeRequest({
  method,
  uri,
  startedAt,
  headSent,
}: {
  method: string;
  uri: string;
  startedAt: number;
  headSent: boolean;
}): WorkerStatus['current'] {
  return { method, uri, ageMs: since(startedAt), headSent };
}

function stateOf(state: WorkerState, running: number): WorkerStatus['state'] {
  if (state === 'ready') return running > 0 ? 'busy' : 'idle';
  return state === 'exited' ? 'killed' : state;
}

function since(time: number): number {
  return Math.max(0, Math.round(performance.now() - time));
}
