import { describe, expect, it } from 'vitest';
import { countEnd, newCounts, requestKind } from '../../../../src/counts/request-counts.ts';
import { NO_HISTORY } from '../../../helpers/more-of-status.ts';
import { Chronicle } from '../../../../src/ops/chronicle.ts';
import { metricsText } from '../../../../src/ops/metrics/metrics-text.ts';
import type { ServerStatus, WorkerStatus } from '../../../../src/ops/server-status.ts';
import { toGenerationTotals, toServerTotals } from '../../../../src/ops/totals.ts';
import { parseMetrics } from '../../../helpers/prometheus-text.ts';

const worker = (slot: number, fields: Partial<WorkerStatus> = {}): WorkerStatus => ({
  slot,
  pid: 100 + slot,
  generation: 1,
  state: 'idle',
  ageMs: 1_000,
  bootMs: 150,
  running: 0,
  requests: 5,
  errors: 0,
  memory: 50_000_000,
  idleMs: 10,
  current: null,
  reason: null,
  ...fields,
});

/** A server that has served a few requests, with so many workers more. */
function status(idle: number = 0): ServerStatus {
  const all = newCounts();
  const end = { bytesIn: 2, bytesOut: 3, queuedMs: 40 };
  countEnd(all, requestKind('answered', 200), { ...end, durationMs: 1.5 });
  countEnd(all, requestKind('answered', 200), { ...end, durationMs: 700 });
  countEnd(all, requestKind('handler-failed', 500), { ...end, durationMs: 400_000 });
  const refused = {
    queueTimeout: 4,
    bootTimeout: 0,
    queueFull: 0,
    stopping: 0,
    stranger: 1,
    silent: 0,
  };
  const waits = new Float64Array(39);
  const counts = { all, generations: [{ generation: 1, counts: all }], refused, waits };
  const chronicle = new Chronicle();
  chronicle.workerReady(1_200);
  chronicle.workerEnded('crash', 'worker 3 was killed');
  chronicle.reloaded(false, 'no');
  const current = { method: 'GET', uri: '/', ageMs: 2_500, headSent: false };
  return {
    version: '1.2.3',
    pid: 1,
    node: 'v20.0.0',
    dispatch: 'native',
    startedAt: 1_700_000_000_500,
    uptimeMs: 5,
    phase: 'reloading',
    generation: 1,
    limits: { minWorkers: 1, spareWorkers: 1, maxWorkers: 64, concurrency: 2 },
    options: {},
    totals: toServerTotals(counts),
    generations: toGenerationTotals(counts),
    lives: chronicle.lives,
    health: NO_HISTORY.health,
    listeners: [
      { address: 'unix:/odd "name"\\\n', backlog: 7, limit: 1_024 },
      { address: '127.0.0.1:4000', backlog: null, limit: null },
    ],
    waiting: 2,
    workers: [
      worker(0, { state: 'busy', running: 2, current, idleMs: null }),
      worker(1, { memory: null }),
      ...Array.from({ length: idle }, (_, i) => worker(i + 2)),
    ],
    events: chronicle.events,
    samples: [],
  };
}

/** Labels, whatever their order. */
function sorted(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).map(String).sort());
}

/** The value of `name`, with those labels exactly. */
function value(name: string, labels: Record<string, string> = {}): number | undefined {
  const family = parseMetrics(metricsText(status()));
  const samples = [...family.values()].flatMap((one) => one.samples);
  const wanted = sorted(labels);
  return samples.find((sample) => sample.name === name && sorted(sample.labels) === wanted)?.value;
}

describe('metrics', () => {
  it('are what the text format of Prometheus allows', () => {
    const families = parseMetrics(metricsText(status()));
    expect([...families.keys()].every((name) => name.startsWith('scgi_server_'))).toBe(true);
    expect([...families.values()].every(({ help }) => help.endsWith('.'))).toBe(true);
  });

  it.each([
    ['scgi_server_connections_total', { outcome: 'answered', status: '2xx' }, 2],
    ['scgi_server_connections_total', { outcome: 'handler-failed', status: '5xx' }, 1],
    ['scgi_server_connections_refused_total', { reason: 'queue-timeout' }, 4],
    ['scgi_server_errors_total', {}, 1],
    ['scgi_server_received_bytes_total', {}, 6],
    ['scgi_server_sent_bytes_total', {}, 9],
    ['scgi_server_request_duration_seconds_count', { status: '2xx' }, 2],
    ['scgi_server_request_duration_seconds_sum', { status: '2xx' }, 0.7015],
    ['scgi_server_request_duration_seconds_bucket', { status: '2xx', le: '0.001' }, 0],
    ['scgi_server_request_duration_seconds_bucket', { status: '2xx', le: '0.5' }, 1],
    ['scgi_server_request_duration_seconds_bucket', { status: '2xx', le: '1' }, 2],
    ['scgi_server_request_duration_seconds_bucket', { status: '5xx', le: '300' }, 0],
    ['scgi_server_request_duration_seconds_bucket', { status: '5xx', le: '+Inf' }, 1],
    ['scgi_server_request_queue_seconds_bucket', { le: '0.05' }, 3],
    ['scgi_server_dispatch_wait_seconds_count', {}, 0],
    ['scgi_server_generation_connections_total', { generation: '1', status: '5xx' }, 1],
    ['scgi_server_generation_errors_total', { generation: '1' }, 1],
    ['scgi_server_generation_request_duration_seconds_count', { generation: '1' }, 3],
    ['scgi_server_backlog_connections', { listener: 'unix:/odd "name"\\\n' }, 7],
    ['scgi_server_backlog_connections', { listener: '127.0.0.1:4000' }, undefined],
    ['scgi_server_waiting_connections', {}, 2],
    ['scgi_server_workers', { state: 'busy' }, 1],
    ['scgi_server_workers', { state: 'booting' }, 0],
    ['scgi_server_running_requests', {}, 2],
    ['scgi_server_worker_memory_bytes', { slot: '0' }, 50_000_000],
    ['scgi_server_worker_memory_bytes', { slot: '1' }, undefined],
    ['scgi_server_worker_request_age_seconds', { slot: '0' }, 2.5],
    ['scgi_server_worker_ends_total', { reason: 'crash' }, 1],
    ['scgi_server_worker_boot_seconds_sum', {}, 1.2],
    ['scgi_server_reloads_total', { result: 'failed' }, 1],
    ['scgi_server_phase', { phase: 'reloading' }, 1],
    ['scgi_server_start_time_seconds', {}, 1_700_000_000.5],
    ['scgi_server_build_info', { version: '1.2.3', node: 'v20.0.0', dispatch: 'native' }, 1],
  ] satisfies [string, Record<string, string>, number | undefined][])(
    'tell %s %j: %s',
    (name, labels, expected) => {
      expect(value(name, labels)).toBe(expected);
    },
  );

  it('name nothing that grows with the requests or the workers that there ever were', () => {
    const lines = metricsText(status(62)).split('\n').length;
    expect(lines).toBeLessThan(500);
  });
});
