import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requestKind } from '../../../src/counts/request-counts.ts';
import type { RunningRequest } from '../../../src/dispatch/activity.ts';
import { URI_ROOM } from '../../../src/dispatch/activity.ts';
import { toMonotonic } from '../../../src/dispatch/monotonic.ts';
import { ActivityReport } from '../../../src/dispatch/portable/activity-report.ts';
import type { WorkerMessage } from '../../../src/ipc/messages.ts';
import { readWorkerMessage } from '../../../src/ipc/read-message.ts';

const request = (uri: string): RunningRequest => ({
  method: 'GET',
  uri,
  startedAt: 1_000,
  headSent: false,
  fd: -1,
});

describe('the report of a portable worker', () => {
  let sent: (WorkerMessage & { type: 'activity' })[];
  let report: ActivityReport;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    report = new ActivityReport({
      send: (message) => {
        // As the channel carries it.
        const read = readWorkerMessage(JSON.parse(JSON.stringify(message)));
        if (read?.type === 'activity') sent.push(read);
      },
      onMessage: () => {},
      onMasterGone: () => {},
      unsent: 0,
    });
  });
  afterEach(() => void vi.useRealTimers());

  it('is sent once a second as long as something changes', () => {
    for (let i = 0; i < 25; i++) {
      report.show(request(`/${i}`));
      vi.advanceTimersByTime(100);
    }
    expect(sent.map(({ current }) => current?.uri)).toEqual(['/0', '/9', '/19']);
    vi.advanceTimersByTime(60_000);
    expect(sent.length).toBe(4);
    expect(sent.at(-1)?.current?.uri).toBe('/24');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('names a request at once after a quiet second, since its handler may block', () => {
    report.booted(50);
    report.show(request('/blocks'));
    expect(sent.map(({ bootMs, current }) => [bootMs, current?.uri])).toEqual([
      [50, undefined],
      [50, '/blocks'],
    ]);
  });

  it('names the request that runs, and says at once when it has ended', () => {
    report.headSent();
    report.show(request('/slow'));
    expect(sent.length).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(sent.length).toBe(2);
    expect(sent.at(-1)?.current).toMatchObject({ uri: '/slow', startedAt: toMonotonic(1_000) });
    report.clear();
    expect(sent.length).toBe(3);
    expect(sent.at(-1)?.current).toBeUndefined();
    report.show(request('/next'));
    report.clear();
    expect(sent.length).toBe(3);
  });

  it('gives what was counted once, to travel with the end of a connection', () => {
    const kind = requestKind('answered', 200);
    report.count(kind, { durationMs: 1.23456, bytesIn: 3, bytesOut: 5 });
    report.count(kind, { durationMs: 2, bytesIn: 0, bytesOut: 0, queuedMs: 7.00049 });
    expect(sent).toEqual([]);
    expect(report.takeEnds()).toEqual([
      [kind, 1.235, 3, 5],
      [kind, 2, 0, 0, 7],
    ]);
    expect(report.takeEnds()).toEqual([]);
  });

  it('is told what was counted by itself when no connection is finished', async () => {
    const counted: unknown[] = [];
    const other = new ActivityReport({
      send: (message) => counted.push(readWorkerMessage(JSON.parse(JSON.stringify(message)))),
      onMessage: () => {},
      onMasterGone: () => {},
      unsent: 0,
    });
    const kind = requestKind('timed-out', 504);
    other.count(kind, { durationMs: 1, bytesIn: 0, bytesOut: 0 });
    expect(counted).toEqual([]);
    await Promise.resolve();
    expect(counted).toEqual([{ type: 'counted', ends: [[kind, 1, 0, 0]] }]);
  });

  it('shows where a URI was cut', () => {
    report.show(request('/'.repeat(10_000)));
    expect(sent.at(-1)?.current?.uri).toBe(`${'/'.repeat(URI_ROOM - 3)}...`);
  });
});
