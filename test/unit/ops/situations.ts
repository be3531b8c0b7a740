// Servers in several situations, for what is told of them.

import { MORE_TOTALS, NO_HISTORY } from '../../helpers/more-of-status.ts';
import type {
  Sample,
  ServerEvent,
  ServerStatus,
  WorkerStatus,
} from '../../../src/ops/server-status.ts';

export const START = 1_800_000_000_000;
export const UPTIME_MS = 3_600_000;
const NOW = START + UPTIME_MS;
const MB = 1024 ** 2;

export function worker(slot: number, changes: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    slot,
    pid: 1000 + slot,
    generation: 0,
    state: 'idle',
    ageMs: 600_000,
    bootMs: 250,
    running: 0,
    requests: 100,
    errors: 0,
    memory: 80 * MB,
    idleMs: 3_000,
    current: null,
    reason: null,
    ...changes,
  };
}

export function busy(slot: number, uri: string, ageMs: number, method = 'GET'): WorkerStatus {
  const current = { method, uri, ageMs, headSent: false };
  return worker(slot, { state: 'busy', running: 1, idleMs: null, current });
}

export function event(type: ServerEvent['type'], secondsAgo: number, message: string): ServerEvent {
  return { at: NOW - secondsAgo * 1_000, type, message };
}

/** The last seconds of a pool of two, the newest last. */
export function samplesOf(seconds: number, changes: Partial<Sample>): Sample[] {
  return Array.from({ length: seconds }, (_unused, i) => ({
    at: NOW - (seconds - 1 - i) * 1_000,
    requests: 5,
    errors: 0,
    p50: 10,
    p99: 40,
    backlog: 0,
    busy: 0,
    workers: 2,
    ...changes,
  }));
}

/** A quiet pool of two idle workers, of at most four. */
export function serverStatus(changes: Partial<ServerStatus> = {}): ServerStatus {
  return {
    version: '0.1.0',
    pid: 900,
    node: 'v22.1.0',
    dispatch: 'native',
    startedAt: START,
    uptimeMs: UPTIME_MS,
    phase: 'serving',
    generation: 0,
    limits: { minWorkers: 1, spareWorkers: 1, maxWorkers: 4, concurrency: 1 },
    options: { requestTimeout: { value: '5m', source: 'default' } },
    totals: {
      outcomes: {
        answered: 190,
        refused: 0,
        'handler-failed': 4,
        'response-invalid': 0,
        'response-short': 0,
        malformed: 0,
        'timed-out': 0,
        aborted: 5,
        stopped: 0,
        empty: 0,
        killed: 1,
      },
      statuses: { '1xx': 0, '2xx': 180, '3xx': 0, '4xx': 10, '5xx': 4, none: 6 },
      ...MORE_TOTALS,
      bytesIn: 0,
      bytesOut: 0,
      durations: { bounds: [10, 100, 1_000], counts: [100, 80, 15, 5], sum: 40_000 },
      refused: {
        queueTimeout: 0,
        bootTimeout: 0,
        queueFull: 0,
        stranger: 2,
        silent: 0,
        stopping: 0,
      },
    },
    ...NO_HISTORY,
    rates: { requestsPerSecond: 12.34, errorsPerSecond: 0.1, busy: 0.25 },
    listeners: [{ address: '127.0.0.1:4000', backlog: 0, limit: 1024 }],
    waiting: 0,
    workers: [worker(0), worker(1)],
    events: [],
    samples: [],
    ...changes,
  };
}

/** Four of four busy, and twelve wait. */
export function saturated(changes: Partial<ServerStatus> = {}): ServerStatus {
  return serverStatus({
    workers: [
      busy(0, '/report?year=1', 38_000),
      busy(1, '/report?year=2', 12_000),
      busy(2, '/report?year=3', 20_000),
      busy(3, '/upload', 3_000, 'POST'),
    ],
    listeners: [{ address: '127.0.0.1:4000', backlog: 12, limit: 1024 }],
    waiting: 1,
    rates: { requestsPerSecond: 2, errorsPerSecond: 0, busy: 1 },
    ...changes,
  });
}
