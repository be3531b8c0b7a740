import { describe, expect, it } from 'vitest';
import type { ServerStatus } from '../../../src/ops/server-status.ts';
import { FRESH } from '../../../src/status-page/view/page-state.ts';
import { verdictOn } from '../../../src/status-page/view/verdict.ts';
import {
  busyStatus,
  busyWorker,
  crashLoopStatus,
  event,
  idleStatus,
  idleWorker,
  NOW,
  saturatedStatus,
} from '../../helpers/status-sample.ts';

const none = { minWorkers: 0, spareWorkers: 0, maxWorkers: 5, concurrency: 1 };
const booting = idleWorker(0, { state: 'booting', idleMs: null });

const CASES: [string, ServerStatus, string, string, string][] = [
  ['at rest', idleStatus(), 'good', 'All is well', '0 of 5 workers busy'],
  ['under load', busyStatus(), 'good', 'All is well', '3 of 5 workers busy'],
  [
    'without a worker, as it was told',
    idleStatus({ workers: [], limits: none }),
    'good',
    'All is well',
    'no worker runs; the first connection boots one',
  ],
  [
    'without a worker that there should be',
    idleStatus({ workers: [] }),
    'bad',
    'No worker',
    'nothing can be answered',
  ],
  [
    'while the first worker boots',
    idleStatus({ workers: [booting] }),
    'changing',
    'Starting',
    'the first worker boots',
  ],
  [
    'while somebody waits for it',
    idleStatus({ workers: [booting], waiting: 1 }),
    'changing',
    'Starting',
    '1 connection waits',
  ],
  [
    'with all workers busy and a backlog',
    saturatedStatus(),
    'bad',
    'Saturated',
    'all 5 workers busy, 449 connections wait',
  ],
  [
    'with all workers busy',
    saturatedStatus({ waiting: 0, listeners: [] }),
    'warning',
    'At the limit',
    'all 5 workers busy, nothing waits',
  ],
  [
    'with all workers busy, and another that boots',
    saturatedStatus({
      workers: [busyWorker(0, 1), { ...booting, slot: 1 }],
      waiting: 1,
      listeners: [],
    }),
    'changing',
    'Growing',
    'the only worker busy, 1 connection waits',
  ],
  [
    'with a worker that does not end',
    busyStatus({ workers: [idleWorker(0), idleWorker(1, { state: 'killed' })] }),
    'bad',
    'Stuck',
    'worker 1',
  ],
  [
    'when the last reload failed',
    busyStatus({ events: [event('reload-failed', NOW - 120_000, 'no such module')] }),
    'warning',
    'Reload failed',
    '2 min ago; generation 4 serves',
  ],
  [
    'when the last reload is incomplete',
    busyStatus({
      workers: [idleWorker(0), idleWorker(1, { generation: 3 })],
      events: [event('reload-failed', NOW - 120_000, 'no such module')],
    }),
    'warning',
    'Reload failed',
    '2 min ago; generation 4 serves, beside 1 older worker',
  ],
  [
    'in a loop with long pauses between attempts',
    busyStatus({
      events: [event('boot-failure', NOW - 1, 'worker 0: no database')],
      health: { failedBoots: 9, nextAttemptMs: 21_500, crashesLastMinute: 0, isCrashLoop: true },
    }),
    'bad',
    'Crash loop',
    '1 worker died within a minute, next attempt in 21.5 s',
  ],
  [
    'with room left in its only worker',
    saturatedStatus({
      limits: { ...none, maxWorkers: 1, concurrency: 2 },
      workers: [busyWorker(0, 1)],
    }),
    'good',
    'All is well',
    '1 of 1 worker busy',
  ],
  [
    'when many workers die',
    crashLoopStatus(),
    'bad',
    'Crash loop',
    '4 workers died within a minute',
  ],
  [
    'when many do not boot',
    idleStatus({
      events: [1, 2, 3].map((n) => event('boot-failure', NOW - n, 'worker 0: no database')),
    }),
    'bad',
    'Crash loop',
    '3 workers died within a minute',
  ],
  [
    'when one has died',
    busyStatus({ events: [event('crash', NOW - 50_000, 'worker 1 exited')] }),
    'warning',
    'A worker died',
    '3 of 5 workers busy',
  ],
  [
    'a minute later',
    busyStatus({ events: [event('crash', NOW - 61_000, 'worker 1 exited')] }),
    'good',
    'All is well',
    '3 of 5 workers busy',
  ],
  [
    'when workers were only replaced',
    busyStatus({ events: [1, 2, 3].map((n) => event('killed', NOW - n, 'x')) }),
    'good',
    'All is well',
    '3 of 5 workers busy',
  ],
  [
    'when requests fail',
    busyStatus({ rates: { requestsPerSecond: 20, errorsPerSecond: 2, busy: 0.2 } }),
    'warning',
    'Requests fail',
    '10 % of the requests, 2 a second',
  ],
  [
    'when it reloads',
    busyStatus({
      phase: 'reloading',
      generation: 5,
      workers: [idleWorker(0), idleWorker(1), idleWorker(2, { generation: 5 })],
    }),
    'changing',
    'Reloading',
    '1 of 3 workers new',
  ],
  [
    'when it will stop soon',
    busyStatus({ phase: 'delaying' }),
    'changing',
    'About to stop',
    'serves for --shutdown-delay',
  ],
  [
    'when it stops',
    busyStatus({ phase: 'stopping' }),
    'changing',
    'Stopping',
    '4 workers still there',
  ],
];

describe('the verdict', () => {
  it.each(CASES)('%s', (_when, status, level, headline, detail) => {
    expect(verdictOn(status, FRESH)).toMatchObject({ level, headline, detail });
  });

  it('explains saturation by the longest request', () => {
    expect(verdictOn(saturatedStatus(), FRESH).reason).toMatch(
      /^Longest: GET \/api\/v2\/customers\S+, 16\.8 s, worker 4$/,
    );
  });

  it('comes before all else that the server does not answer', () => {
    const lost = { reason: 'Nothing listens any more.' };
    expect(verdictOn(saturatedStatus(), { ...FRESH, lost })).toMatchObject({
      level: 'lost',
      headline: 'Not answering',
    });
  });
});
