// What can be told of a server from its pool and its dispatcher alone.

import type { Config } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { Operations } from '../ops/operations.ts';
import type { ServerStatus, WorkerStatus } from '../ops/server-status.ts';
import type { Dispatching } from './dispatching.ts';
import type { Pool } from './pool.ts';
import type { WorkerHandle } from './worker-handle.ts';

interface Known {
  config: Config;
  dispatching: Pick<Dispatching, 'listeners'>;
  dispatcher: Dispatcher;
  pool: Pool;
}

export function plainStatus(known: Known): Pick<Operations, 'status' | 'metrics'> {
  const startedAt = Date.now();
  return {
    status: async () => describe(known, startedAt),
    metrics: async () => '',
  };
}

function describe(
  { config, dispatching, dispatcher, pool }: Known,
  startedAt: number,
): ServerStatus {
  const { minWorkers, spareWorkers, maxWorkers, concurrency } = config;
  return {
    version: '',
    pid: process.pid,
    node: process.version,
    dispatch: config.dispatch === 'portable' ? 'portable' : 'native',
    startedAt,
    uptimeMs: Date.now() - startedAt,
    phase: 'serving',
    generation: 0,
    limits: { minWorkers, spareWorkers, maxWorkers, concurrency },
    options: {},
    totals: {
      outcomes: {
        answered: 0,
        refused: 0,
        'handler-failed': 0,
        'response-invalid': 0,
        'response-short': 0,
        malformed: 0,
        'timed-out': 0,
        aborted: 0,
        stopped: 0,
        empty: 0,
        killed: 0,
      },
      statuses: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 },
      bytesIn: 0,
      bytesOut: 0,
      durations: { bounds: [], counts: [0], sum: 0 },
      refused: { queueTimeout: 0, queueFull: 0, stranger: 0 },
    },
    listeners: dispatching.listeners.map(({ address }) => ({
      address: formatListenAddress(address),
      backlog: null,
      limit: null,
    })),
    waiting: dispatcher.waiting,
    workers: pool.workers.map((worker) => describeWorker(worker, dispatcher)),
    events: [],
    samples: [],
  };
}

function describeWorker(worker: WorkerHandle, dispatcher: Dispatcher): WorkerStatus {
  const { slot, pid = null, generation, state, uptimeMs, reason = null } = worker;
  const load = dispatcher.load(slot);
  const activity = dispatcher.activity(slot);
  const now = performance.now();
  const running = load?.running ?? 0;
  const current = activity?.current;
  return {
    slot,
    pid,
    generation,
    state:
      state === 'ready' ? (running > 0 ? 'busy' : 'idle') : state === 'exited' ? 'killed' : state,
    ageMs: uptimeMs,
    bootMs: activity?.bootMs ?? null,
    running,
    requests: load?.served ?? 0,
    errors: activity?.errors ?? 0,
    memory: null,
    idleMs: load?.idleSince === undefined ? null : now - load.idleSince,
    current:
      current === undefined
        ? null
        : {
            method: current.method,
            uri: current.uri,
            ageMs: now - current.startedAt,
            headSent: current.headSent,
          },
    reason,
  };
}
