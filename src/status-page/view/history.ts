// The last ten minutes: three charts, and the same as a table. Pure.

import type { ServerStatus } from '../../ops/server-status.ts';
import { BUCKET_MS, type Bucket, toBuckets, toMinutes } from './buckets.ts';
import type { Chart } from './chart.ts';
import { chartFigure } from './chart.ts';
import type { PageElement } from './element.ts';
import { element, keyed } from './element.ts';
import { formatDuration, formatNumber } from '../../ops/human.ts';
import { timeElement } from './format.ts';
import type { PageState } from './page-state.ts';

const CHARTS: readonly Chart[] = [
  {
    id: 'requests',
    title: 'Requests',
    unit: 'per second',
    leastTop: 1,
    formatAxis: formatNumber,
    lines: [
      {
        name: 'all',
        className: 'first',
        value: ({ requests }) => requests,
        format: formatNumber,
      },
      {
        name: 'errors',
        className: 'errors',
        value: ({ errors }) => errors,
        format: formatNumber,
        isHiddenAtZero: true,
      },
    ],
  },
  {
    id: 'latency',
    title: 'Latency',
    unit: 'of requests',
    leastTop: 1,
    formatAxis: (ms) =>
      ms === 0 ? '0' : ms >= 1_000 ? `${formatNumber(ms / 1_000)} s` : `${formatNumber(ms)} ms`,
    lines: [
      { name: 'p50', className: 'first', value: ({ p50 }) => p50, format: formatDuration },
      { name: 'p99', className: 'second', value: ({ p99 }) => p99, format: formatDuration },
    ],
  },
  {
    id: 'backlog',
    title: 'Backlog',
    unit: 'connections',
    leastTop: 10,
    formatAxis: formatNumber,
    lines: [
      {
        name: 'waiting',
        className: 'first',
        value: ({ backlog }) => backlog,
        format: formatNumber,
      },
    ],
  },
];

export function historySection(status: ServerStatus, { moment }: PageState): PageElement {
  const buckets = toBuckets(status.samples);
  const view = { buckets, end: newestBucket(status), moment };
  return element(
    'section',
    { 'aria-labelledby': 'history' },
    element(
      'header',
      { class: 'heading' },
      element('h2', { id: 'history' }, 'The last ten minutes'),
    ),
    element('div', { class: 'charts' }, ...CHARTS.map((chart) => chartFigure(chart, view))),
    element(
      'details',
      { class: 'fold' },
      element('summary', {}, 'By the minute, as a table'),
      element(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'By the minute' },
        table(status),
      ),
    ),
  );
}

/** When the newest bucket begins, whether anything happened in it or not. */
export function newestBucket({ samples, startedAt, uptimeMs }: ServerStatus): number {
  const now = samples.at(-1)?.at ?? startedAt + uptimeMs;
  return Math.floor(now / BUCKET_MS) * BUCKET_MS;
}

function table(status: ServerStatus): PageElement {
  const now = status.startedAt + status.uptimeMs;
  const columns: [string, (bucket: Bucket) => string | PageElement][] = [
    ['From', ({ at }) => timeElement(at, now)],
    ['Requests/s', ({ requests }) => formatNumber(requests)],
    ['Errors/s', ({ errors }) => formatNumber(errors)],
    ['Median', ({ p50 }) => (p50 === null ? '–' : formatDuration(p50))],
    ['Worst p99', ({ p99 }) => (p99 === null ? '–' : formatDuration(p99))],
    ['Most waiting', ({ backlog }) => formatNumber(backlog)],
    ['Most busy', ({ busy, workers }) => `${formatNumber(busy)} of ${workers}`],
  ];
  const rows = toMinutes(status.samples).toReversed();
  return element(
    'table',
    {},
    element(
      'thead',
      {},
      element('tr', {}, ...columns.map(([name]) => element('th', { scope: 'col' }, name))),
    ),
    element(
      'tbody',
      {},
      ...rows.map((row) =>
        keyed(
          row.at,
          element('tr', {}, ...columns.map(([, show]) => element('td', {}, show(row)))),
        ),
      ),
    ),
  );
}
