// States of a server for the status page, made up but as a server tells them.

import { MORE_TOTALS, NO_HISTORY } from './more-of-status.ts';
import type {
  Sample,
  ServerEvent,
  ServerStatus,
  WorkerStatus,
} from '../../src/ops/server-status.ts';

const STARTED_AT = Date.parse('2026-11-27T09:12:40.000Z');
/** The moment at which all of these are. */
export const NOW: number = Date.parse('2026-11-30T14:03:22.000Z');
const MB = 1024 * 1024;

const URIS = [
  '/orders/2041?view=full',
  '/search?q=tea+pots&page=2',
  '/reports/annual/2025.pdf',
  '/',
  '/api/v2/customers/77120/invoices?from=2025-01-01&to=2025-12-31&sort=date&direction=desc',
  '/login',
];

/** A server at rest. */
export function idleStatus(changes: Partial<ServerStatus> = {}): ServerStatus {
  return {
    version: '0.1.0',
    pid: 18_060,
    node: 'v24.11.1',
    dispatch: 'native',
    startedAt: STARTED_AT,
    uptimeMs: NOW - STARTED_AT,
    phase: 'serving',
    generation: 4,
    limits: { minWorkers: 1, spareWorkers: 1, maxWorkers: 5, concurrency: 1 },
    options: {
      port: { value: '4000', source: 'default' },
      maxWorkers: { value: '5', source: 'WEB_CONCURRENCY' },
      requestTimeout: { value: '300s', source: 'default' },
      handler: { value: '/srv/shop/handler.js', source: '/srv/shop/scgi-server.config.js' },
      env: { value: 'DATABASE_URL=...', source: '--env' },
    },
    totals: {
      outcomes: {
        answered: 1_204_881,
        refused: 3,
        'handler-failed': 41,
        'response-invalid': 0,
        'response-short': 0,
        malformed: 2,
        'timed-out': 7,
        aborted: 512,
        stopped: 0,
        empty: 8_640,
        killed: 1,
      },
      statuses: { '1xx': 0, '2xx': 1_190_000, '3xx': 12_321, '4xx': 2_512, '5xx': 48, none: 8_641 },
      ...MORE_TOTALS,
      bytesIn: 81_422_310,
      bytesOut: 9_120_422_112,
      durations: {
        bounds: [1, 5, 10, 50, 100, 500, 1_000, 5_000],
        counts: [120_000, 700_000, 250_000, 90_000, 40_000, 4_500, 380, 41, 7],
        sum: 15_904_120,
      },
      refused: {
        queueTimeout: 12,
        bootTimeout: 0,
        queueFull: 0,
        stranger: 1,
        silent: 0,
        stopping: 0,
      },
    },
    ...NO_HISTORY,
    rates: { requestsPerSecond: 0, errorsPerSecond: 0, busy: 0 },
    listeners: [
      { address: '127.0.0.1:4000', backlog: 0, limit: 1_024 },
      { address: 'unix:/run/shop/app.sock', backlog: 0, limit: 1_024 },
    ],
    waiting: 0,
    workers: [idleWorker(0), idleWorker(1, { idleMs: 61_200 })],
    events: [
      event('reload', NOW - 26 * 3_600_000, 'reloaded: generation 4, 2 workers, 0.9 s'),
      event(
        'killed',
        NOW - 840_000,
        'worker 1 (pid 18071) was killed: it did not leave in its time',
      ),
    ],
    samples: samplesOf(() => ({})),
    ...changes,
  };
}

/** Three of five workers are busy. */
export function busyStatus(changes: Partial<ServerStatus> = {}): ServerStatus {
  return idleStatus({
    rates: { requestsPerSecond: 48.2, errorsPerSecond: 0.1, busy: 0.43 },
    workers: [
      busyWorker(0, 34),
      busyWorker(1, 1_240),
      busyWorker(2, 12_800),
      idleWorker(3, { idleMs: 210 }),
    ],
    samples: samplesOf((second) => ({
      requests: Math.max(0, Math.round(42 + 18 * Math.sin(second / 70) + noise(second, 9))),
      errors: noise(second, 1) > 0.96 ? 1 : 0,
      p50: 7 + 2 * Math.sin(second / 50) + noise(second, 1.2),
      p99: 38 + 14 * Math.sin(second / 70) + Math.abs(noise(second + 7, 26)),
      backlog: second > 380 && second < 410 ? Math.round(12 + noise(second, 8)) : 0,
      busy: 3,
      workers: 4,
    })),
    ...changes,
  });
}

/** All workers are busy, and connections wait. */
export function saturatedStatus(changes: Partial<ServerStatus> = {}): ServerStatus {
  return busyStatus({
    rates: { requestsPerSecond: 21.4, errorsPerSecond: 0, busy: 1 },
    waiting: 1,
    listeners: [
      { address: '127.0.0.1:4000', backlog: 37, limit: 1_024 },
      { address: 'unix:/run/shop/app.sock', backlog: 412, limit: 1_024 },
    ],
    workers: [0, 1, 2, 3, 4].map((slot) => busyWorker(slot, 2_000 + slot * 3_700)),
    ...changes,
  });
}

/** Workers die one after the other. */
export function crashLoopStatus(changes: Partial<ServerStatus> = {}): ServerStatus {
  const message = (slot: number, ago: number): ServerEvent =>
    event(
      'crash',
      NOW - ago,
      `worker ${slot} (pid ${18_100 + slot}) exited with code 1 after 2.1 s, while serving GET /cart/checkout for 0.0 s, 12 requests served`,
    );
  return busyStatus({
    rates: { requestsPerSecond: 12.1, errorsPerSecond: 0.4, busy: 0.2 },
    workers: [
      idleWorker(0),
      { ...idleWorker(1), state: 'booting', idleMs: null, bootMs: null, ageMs: 340, requests: 0 },
      { ...busyWorker(2, 340), state: 'draining', reason: 'idle for --idle-timeout' },
      { ...idleWorker(3), state: 'killed', idleMs: null, reason: 'not finished in time' },
    ],
    events: [
      ...idleStatus().events,
      message(1, 48_000),
      message(3, 31_000),
      event('reload-failed', NOW - 20_000, 'the reload failed: Cannot find module ./cart.js'),
      message(1, 12_000),
      message(2, 1_000),
    ],
    ...changes,
  });
}

/** A large pool: some of each kind. */
export function largeStatus(count: number): ServerStatus {
  const workers = Array.from({ length: count }, (_, slot): WorkerStatus => {
    if (slot % 11 === 7) return { ...idleWorker(slot), state: 'booting', idleMs: null, ageMs: 90 };
    return slot % 3 === 0 ? idleWorker(slot) : busyWorker(slot, 40 + ((slot * 797) % 14_000));
  });
  const limits = { minWorkers: 8, spareWorkers: 4, maxWorkers: count, concurrency: 1 };
  return busyStatus({
    workers,
    limits,
    rates: { requestsPerSecond: 1_920, errorsPerSecond: 0.4, busy: 0.62 },
  });
}

export function idleWorker(slot: number, changes: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    slot,
    pid: 18_072 + slot,
    generation: 4,
    state: 'idle',
    ageMs: 7_260_000 + slot * 91_000,
    bootMs: 165,
    running: 0,
    requests: 18_211 - slot * 1_031,
    errors: slot,
    memory: (84 + slot * 3) * MB,
    idleMs: 4_200,
    current: null,
    reason: null,
    ...changes,
  };
}

export function busyWorker(slot: number, ageMs: number, uri?: string): WorkerStatus {
  const current = {
    method: slot % 4 === 1 ? 'POST' : 'GET',
    uri: uri ?? URIS[slot % URIS.length] ?? '/',
    ageMs,
    headSent: slot % 2 === 0,
  };
  return { ...idleWorker(slot), state: 'busy', running: 1, idleMs: null, current };
}

export function event(type: ServerEvent['type'], at: number, message: string): ServerEvent {
  return { type, at, message };
}

/** Ten minutes up to {@link NOW}. */
function samplesOf(make: (second: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 600 }, (_, second) => ({
    at: NOW - (599 - second) * 1_000,
    requests: 0,
    errors: 0,
    p50: null,
    p99: null,
    backlog: 0,
    busy: 0,
    workers: 2,
    ...make(second),
  }));
}

/** Looks like chance, and is the same each time: -size to size. */
function noise(seed: number, size: number): number {
  const wave = Math.sin(seed * 12.9898) * 43_758.5453;
  return (wave - Math.floor(wave) - 0.5) * 2 * size;
}
