import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HISTOGRAM_LENGTH, countDuration } from '../../../src/counts/duration-buckets.ts';
import type { RequestCounts } from '../../../src/counts/request-counts.ts';
import { countEnd, newCounts, requestKind } from '../../../src/counts/request-counts.ts';
import { Chronicle } from '../../../src/ops/chronicle.ts';
import { describeTotals } from '../../../src/ops/describe-totals.ts';
import { History } from '../../../src/ops/history.ts';
import { percentileBetween } from '../../../src/ops/percentile.ts';
import { memoryReader } from '../../../src/ops/process-memory.ts';
import { toServerTotals } from '../../../src/ops/totals.ts';

const AWAY = { queueTimeout: 0, bootTimeout: 0, queueFull: 0, stopping: 0, stranger: 0, silent: 0 };

function serve(counts: RequestCounts, status: number, durationMs: number): void {
  countEnd(counts, requestKind('answered', status), { durationMs, bytesIn: 0, bytesOut: 0 });
}

/** A histogram of these durations. */
function histogram(...durations: number[]): Float64Array {
  const numbers = new Float64Array(HISTOGRAM_LENGTH);
  for (const ms of durations) countDuration(numbers, 0, ms);
  return numbers;
}

function failToRead(): never {
  throw new Error('nobody asked');
}

function line(all: RequestCounts, refused: typeof AWAY = AWAY): string {
  return describeTotals(toServerTotals({ all, generations: [], refused, waits: histogram() }));
}

describe('the percentile of a second', () => {
  it('is that of what came since', () => {
    const before = histogram(0.05, 0.05, 10_000, 10_000);
    const after = histogram(0.05, 0.05, 10_000, 10_000, 12, 12, 12, 12, 180);
    expect(percentileBetween(before, after, 0.5)).toBeGreaterThan(10);
    expect(percentileBetween(before, after, 0.5)).toBeLessThanOrEqual(15);
    expect(percentileBetween(before, after, 0.99)).toBeGreaterThan(150);
    expect(percentileBetween(before, after, 0.99)).toBeLessThanOrEqual(200);
    expect(percentileBetween(after, after, 0.5)).toBeNull();
    expect(percentileBetween(before, histogram(0.05, 0.05, 10_000, 10_000, 1e9), 1)).toBe(300_000);
  });
});

describe('the history', () => {
  it('has a sample for each second, and the rates of the last ten', async () => {
    const counts = newCounts();
    const now = { ms: 0 };
    const workers = { busyMs: 0, capacity: 2, workers: 3, backlog: 4 };
    const history = new History({
      isWanted: true,
      read: async () => ({ ...workers, counts: counts.slice() }),
      clocks: { date: () => 1_000_000 + now.ms, steady: () => now.ms },
    });
    await history.look();
    expect([history.samples, history.rates]).toEqual([[], undefined]);
    for (let second = 1; second <= 700; second++) {
      now.ms += 1_000;
      workers.busyMs += 500;
      for (let i = 0; i < 4; i++) serve(counts, i === 0 ? 500 : 200, 2);
      await history.look();
    }
    expect(history.samples.length).toBe(600);
    expect(history.samples.at(-1)).toEqual({
      at: 1_700_000,
      requests: 4,
      errors: 1,
      p50: expect.closeTo(1.75, 5),
      p99: expect.closeTo(1.995, 5),
      backlog: 4,
      busy: 0.25,
      workers: 3,
    });
    expect(history.rates).toEqual({ requestsPerSecond: 4, errorsPerSecond: 1, busy: 0.25 });
    now.ms += 1_000;
    // A worker died with what it had run for a minute.
    workers.busyMs -= 60_000;
    await history.look();
    expect(history.samples.at(-1)).toMatchObject({ requests: 0, p50: null, busy: 0 });
  });

  it('keeps no timer where nobody wants it', () => {
    const before = process.getActiveResourcesInfo().length;
    const history = new History({ isWanted: false, read: failToRead });
    history.start();
    expect(process.getActiveResourcesInfo().length).toBe(before);
    history.close();
  });
});

describe('the chronicle', () => {
  it('remembers the last events, and counts all', () => {
    const chronicle = new Chronicle(() => 7);
    for (let i = 0; i < 60; i++) chronicle.workerEnded('crash', `crash ${i}`);
    chronicle.workerEnded('retired', 'not worth an event');
    chronicle.reloaded(true, 'reloaded');
    expect(chronicle.events.length).toBe(50);
    expect(chronicle.events.at(-1)).toEqual({ at: 7, type: 'reload', message: 'reloaded' });
    expect(chronicle.events[0]?.message).toBe('crash 11');
    expect(chronicle.lives.ended).toMatchObject({ crash: 60, retired: 1, reload: 0 });
    expect(chronicle.lives.reloads).toEqual({ done: 1, failed: 0 });
  });

  it('takes for stopped what leaves while the server stops, but no crash', () => {
    const chronicle = new Chronicle();
    chronicle.stopping();
    for (const end of ['retired', 'killed', 'reload', 'crash'] as const)
      chronicle.workerEnded(end, end);
    expect(chronicle.lives.ended).toMatchObject({ stopped: 3, crash: 1, killed: 0 });
    expect(chronicle.events.map(({ type }) => type)).toEqual(['crash']);
  });
});

describe('the last line of a server', () => {
  it('says what became of all connections', () => {
    const counts = newCounts();
    expect(line(counts)).toBe('0 connections served');
    serve(counts, 200, 1);
    expect(line(counts)).toBe('1 connection served: 1 answered (1 2xx)');
    countEnd(counts, requestKind('aborted', undefined), {
      durationMs: 1,
      bytesIn: 0,
      bytesOut: 0,
    });
    expect(line(counts, { ...AWAY, queueTimeout: 2, silent: 1 })).toBe(
      '2 connections served: 1 answered, 1 aborted (1 2xx); 3 turned away: 2 after --queue-timeout, 1 silent',
    );
  });
});

describe('the memory of a process', () => {
  it.runIf(process.platform === 'linux')('is what the kernel says', () => {
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    const expected = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
    const found = memoryReader()(process.pid) ?? 0;
    expect(found / expected).toBeGreaterThan(0.7);
    expect(found / expected).toBeLessThan(1.4);
    expect(memoryReader()(2 ** 22 + 1)).toBeNull();
  });
});
