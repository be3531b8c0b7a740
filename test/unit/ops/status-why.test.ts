import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/ops/judgement.ts';
import type { ServerStatus } from '../../../src/ops/server-status.ts';
import { explain } from '../../../src/ops/status-why.ts';
import { busy, event, samplesOf, saturated, serverStatus, worker } from './situations.ts';

const CRASH = 'worker 1 (pid 7) was killed by SIGSEGV after 0.4 s';
const NO_BOOT = 'cannot load the handler /srv/app/app.mjs: no such module';
const times = (n: number, type: 'crash' | 'boot-failure', message: string) =>
  Array.from({ length: n }, (_unused, i) => event(type, 10 * (n - i), message));

const none = { minWorkers: 0, spareWorkers: 0, maxWorkers: 4, concurrency: 1 };
const growing = saturated({ workers: [busy(0, '/a', 900), worker(1, { state: 'booting' })] });
const stuck = [busy(0, '/loop', 400_000), worker(1)];
const leaving = worker(0, { ...busy(0, '/slow', 7_000), state: 'draining', reason: 'SIGTERM' });

const SITUATIONS: readonly [string, ServerStatus, string, (RegExp | string)[]][] = [
  [
    'an idle pool',
    serverStatus(),
    'good',
    [/^Nothing is saturated: 2 of 2 workers .*nothing waits/],
  ],
  [
    'an empty pool',
    serverStatus({ workers: [], limits: none }),
    'good',
    [/no workers, and the first connection/],
  ],
  [
    'one that is partly busy',
    serverStatus({ workers: [busy(0, '/a', 500), worker(1)] }),
    'good',
    [/^Nothing is saturated: 1 of 2 /, '1 runs GET /a, for 0.5 s'],
  ],
  [
    'one that is saturated',
    saturated(),
    'bad',
    [
      /^All 4 workers are busy, for at least 3.0 s, and 12 connections wait in the backlog of 127\.0\.0\.1:4000\./,
      '3 run GET /report, the longest for 38 s, the shortest for 12 s; 1 runs POST /upload, for 3.0 s',
      'all 4 workers that it may have (--max-workers)',
      'about 80 MB',
      'one in 5 of the requests, up to 0.5 more a second: scgi-server scale 5',
      'what waits now is served in 6.0 s',
    ],
  ],
  [
    'one that has been saturated for long',
    saturated({
      samples: [
        ...samplesOf(60, {}).slice(0, 20),
        ...samplesOf(40, { busy: 1, workers: 4, backlog: 9 }),
      ],
    }),
    'bad',
    ['for at least 40 s'],
  ],
  [
    'one of which little is known',
    saturated({
      rates: { requestsPerSecond: 0, errorsPerSecond: 0, busy: 1 },
      workers: [0, 1, 2, 3].map((slot) =>
        worker(slot, { state: 'busy', running: 1, memory: null }),
      ),
      listeners: [{ address: '127.0.0.1:4000', backlog: null, limit: null }],
    }),
    'bad',
    [
      /, and 1 connection waits\. Of/,
      'what 4 workers run is not known',
      'an amount of memory that is not known here',
    ],
  ],
  [
    'one that is saturated and grows',
    growing,
    'changing',
    ['The only worker is busy', '2 of at most 4 workers and grows by itself: 1 worker is booting'],
  ],
  [
    'one in which all are busy and nothing waits',
    saturated({ listeners: [], waiting: 0 }),
    'warning',
    [/^All 4 workers are busy, for at least 3.0 s, but nothing waits\./],
  ],
  [
    'one with room for more in each worker',
    saturated({ limits: { minWorkers: 1, spareWorkers: 1, maxWorkers: 4, concurrency: 2 } }),
    'good',
    [/^Nothing is saturated: 4 of 4 /, 'the 12 connections that wait will be taken'],
  ],
  [
    'a crash loop',
    serverStatus({ events: times(4, 'crash', CRASH) }),
    'bad',
    [/^Workers die as fast as they are replaced: 4 crashes in a minute/, '10 s ago', CRASH],
  ],
  [
    'a single crash',
    serverStatus({ events: times(1, 'crash', CRASH) }),
    'warning',
    [/^Nothing is saturated/, `A worker died 10 s ago: ${CRASH}.`],
  ],
  [
    'a crash loop with long pauses',
    serverStatus({
      events: times(1, 'boot-failure', NO_BOOT),
      health: { failedBoots: 9, nextAttemptMs: 21_500, crashesLastMinute: 0, isCrashLoop: true },
    }),
    'bad',
    [/^The pool cannot grow, .* \(1 failure in a minute\)/, 'The next attempt comes in 22 s.'],
  ],
  [
    'requests that fail',
    serverStatus({ rates: { requestsPerSecond: 20, errorsPerSecond: 2, busy: 0.2 } }),
    'warning',
    ['Of the requests, 10 % fail.'],
  ],
  [
    'crashes of yesterday',
    serverStatus({ events: times(4, 'crash', CRASH).map((one) => ({ ...one, at: one.at - 9e7 })) }),
    'good',
    [/^Nothing is saturated/],
  ],
  [
    'a handler that does not load',
    serverStatus({ workers: [], waiting: 1, events: times(3, 'boot-failure', NO_BOOT) }),
    'bad',
    [
      /^Nothing is served, since new workers do not boot \(3 failures/,
      NO_BOOT,
      '1 connection waits',
    ],
  ],
  [
    'one that cannot grow',
    saturated({
      workers: [busy(0, '/a', 900)],
      events: times(3, 'boot-failure', NO_BOOT),
    }),
    'bad',
    [/^The pool cannot grow, since new workers do not boot/, 'The only worker is busy'],
  ],
  [
    'a first boot',
    serverStatus({ workers: [worker(0, { state: 'booting', ageMs: 2_000 })], waiting: 1 }),
    'changing',
    [/^No worker is ready yet: 1 worker booting, for 2.0 s at most, and 1 connection waits/],
  ],
  [
    'a stuck worker',
    serverStatus({ workers: stuck }),
    'bad',
    [/^Worker 0 \(pid 1000\) is stuck in GET \/loop: it has run for 6 min, longer than --request-/],
  ],
  [
    'a worker that does not die',
    serverStatus({ workers: [worker(0, { state: 'killed' }), worker(1)] }),
    'bad',
    [/^Worker 0 \(pid 1000\) was killed and is not gone yet\./],
  ],
  [
    'a reload whose first worker boots',
    serverStatus({
      phase: 'reloading',
      generation: 2,
      workers: [
        worker(0, { generation: 2 }),
        worker(1, { generation: 3, state: 'booting', running: 0 }),
      ],
    }),
    'changing',
    ['A reload is under way: 0 new workers, 1 of older generations'],
  ],
  [
    'a reload in the middle',
    serverStatus({
      phase: 'reloading',
      generation: 3,
      workers: [
        worker(0, { generation: 2 }),
        worker(1, { generation: 2 }),
        worker(2, { generation: 3 }),
      ],
    }),
    'changing',
    ['A reload is under way: 1 new worker, 2 of older generations'],
  ],
  [
    'a reload that failed',
    serverStatus({ events: [event('reload', 99, 'fine'), event('reload-failed', 30, NO_BOOT)] }),
    'warning',
    [`The last reload, 30 s ago: ${NO_BOOT}.`],
  ],
  [
    'a reload that failed before one that did not',
    serverStatus({ events: [event('reload-failed', 99, NO_BOOT), event('reload', 30, 'fine')] }),
    'good',
    [/nothing waits\.$/],
  ],
  [
    'a stop that is delayed',
    serverStatus({ phase: 'delaying' }),
    'changing',
    [/^The server is about to stop, and serves as before until --shutdown-delay is over\./],
  ],
  [
    'a stop',
    serverStatus({ phase: 'stopping', workers: [leaving] }),
    'changing',
    [/^The server is stopping .*: 1 worker left, 1 with a request, .* GET \/slow for 7.0 s\./],
  ],
];

describe.each(SITUATIONS)('%s', (_title, status, level, expected) => {
  it('is explained', () => {
    const text = explain(status);
    for (const part of expected)
      expect(text).toMatch(typeof part === 'string' ? escape(part) : part);
    expect(text.match(/undefined|NaN|null|\s{2}/)).toBeNull();
    expect(text).toMatch(/\.$/);
  });

  it(`is judged: ${level}`, () => {
    expect(judge(status).level).toBe(level);
  });
});

it('shows no control character of a request', () => {
  const status = serverStatus({ workers: [busy(0, '/\u001b]0;x\u0007\n\u009b', 500)] });
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(explain(status)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

function escape(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}
