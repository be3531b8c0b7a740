import { describe, expect, it } from 'vitest';
import { withHeldSamples } from '../../../src/status-page/browser/samples.ts';
import { toHtml } from '../../../src/status-page/html.ts';
import { StatusAnswers } from '../../../src/status-page/status-answers.ts';
import { isTrustedHost } from '../../../src/status-page/trusted-host.ts';
import { toBuckets, toMinutes } from '../../../src/status-page/view/buckets.ts';
import { momentAt } from '../../../src/status-page/view/chart.ts';
import { element } from '../../../src/status-page/view/element.ts';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../../src/ops/human.ts';
import { busyStatus, NOW } from '../../helpers/status-sample.ts';

const sample = (at: number, p99: number | null, backlog = 0) => {
  const counts = { requests: 4, errors: 1, busy: 2, workers: 3 };
  return { at, p50: p99, p99, backlog, ...counts };
};

const answersOf = (status: () => Promise<ReturnType<typeof busyStatus>>) =>
  new StatusAnswers({ status, metrics: async () => 'up 1\n' }, { style: '', script: '' });

describe('numbers for people', () => {
  it.each([
    [0, '0 ms'],
    [0.42, '0.4 ms'],
    [5, '5 ms'],
    [999.4, '999 ms'],
    [1_240, '1.2 s'],
    [59_949, '59.9 s'],
    [59_999, '60.0 s'],
    [252_000, '4 min 12 s'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [0, '0'],
    [0.123, '0.12'],
    [48.25, '48.3'],
    [100.4, '100'],
    [1_234_567, '1,234,567'],
  ])('%d is %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('sizes and counts', () => {
    const sizes = [512, 2_048, 88_080_384, 12_025_908_428].map(formatBytes);
    expect(sizes).toEqual(['512 B', '2 KB', '84 MB', '11.2 GB']);
    expect([0, 999, 1_000, 18_211_000].map(formatCount)).toEqual([
      '0',
      '999',
      '1,000',
      '18,211,000',
    ]);
  });
});

describe('the page as HTML', () => {
  it('has text as text, between tags and in attributes', () => {
    const hostile = `<script>"'&`;
    expect(toHtml(element('p', { title: hostile, hidden: true, id: undefined }, hostile))).toBe(
      '<p title="&lt;script&gt;&quot;&#39;&amp;" hidden>&lt;script&gt;&quot;&#39;&amp;</p>',
    );
    expect(toHtml(element('input', { value: 0 }))).toBe('<input value="0">');
  });
});

describe('samples', () => {
  it('become points that hide no peak', () => {
    const samples = [
      sample(5_000, 3),
      sample(6_000, 90, 7),
      sample(9_999, null),
      sample(10_000, 1),
    ];
    expect(toBuckets(samples)).toEqual([
      { at: 5_000, requests: 4, errors: 1, p50: 90, p99: 90, backlog: 7, busy: 2, workers: 3 },
      { at: 10_000, requests: 4, errors: 1, p50: 1, p99: 1, backlog: 0, busy: 2, workers: 3 },
    ]);
    expect(toBuckets([sample(0, null)])[0]).toMatchObject({ p50: null, p99: null });
    expect(toMinutes([sample(59_000, 1), sample(61_000, 2)]).map(({ at }) => at)).toEqual([
      0, 60_000,
    ]);
  });

  it('are kept while only new ones are told, for ten minutes', () => {
    const held = busyStatus();
    const fresh = { ...held, samples: [sample(NOW + 1_000, 1), sample(NOW + 2_000, 2)] };
    const { samples } = withHeldSamples(held, fresh);
    expect(samples).toHaveLength(600);
    expect(samples.slice(-3).map(({ at }) => at - NOW)).toEqual([0, 1_000, 2_000]);
    // Another server, though at the same address.
    expect(withHeldSamples(held, { ...fresh, startedAt: 1 }).samples).toHaveLength(2);
    expect(withHeldSamples(held, { ...fresh, samples: [] }).samples).toHaveLength(600);
  });

  it('are found under the pointer', () => {
    expect([0, 0.5, 1, 2].map((share) => momentAt(share, NOW) - NOW)).toEqual([
      -600_000, -300_000, 0, 0,
    ]);
  });
});

describe('the host of a request', () => {
  it.each([
    ['127.0.0.1', true],
    ['192.0.2.7:9000', true],
    ['[::1]:9000', true],
    ['localhost:9000', true],
    ['LOCALHOST.', true],
    ['status.example:9000', true],
    ['evil.example', false],
    ['localhost.evil.example', false],
    ['127.0.0.1@evil.example', false],
    ['', false],
    [undefined, false],
  ])('%s is trusted: %s', (host, isTrusted) => {
    expect(isTrustedHost(host, 'Status.example')).toBe(isTrusted);
  });
});

describe('answers', () => {
  it('ask once for many readers, and hide the variables of workers', async () => {
    let asked = 0;
    const answers = answersOf(async () => {
      asked++;
      return busyStatus();
    });
    const [page, data, since] = await Promise.all([
      answers.answer('GET', ''),
      answers.answer('GET', '/status.json'),
      answers.answer('GET', `?json&since=${NOW - 1_000}`),
    ]);
    expect(asked).toBe(1);
    expect(
      [page, data].every(({ status, body }) => status === 200 && !body.includes('geheim')),
    ).toBe(true);
    const { samples } = JSON.parse(since.body) as ReturnType<typeof busyStatus>;
    expect(samples.map(({ at }) => at)).toEqual([NOW]);
  });

  it('say why there is none', async () => {
    const answers = answersOf(() => Promise.reject(new Error('the dispatcher is gone')));
    for (const target of ['/', '/status.json']) {
      const { status, body } = await answers.answer('GET', target);
      expect([status, body]).toEqual([500, 'The status is not known: the dispatcher is gone\n']);
    }
  });
});
