import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
    });
  });
  afterEach(() => void vi.useRealTimers());

  it('is sent once a second as long as something changes', () => {
    for (let i = 0; i < 25; i++) {
      report.count(i === 0, 1, 2);
      vi.advanceTimersByTime(100);
    }
    expect(sent.map(({ errors, bytesIn }) => [errors, bytesIn])).toEqual([
      [1, 1],
      [1, 10],
      [1, 20],
    ]);
    vi.advanceTimersByTime(60_000);
    expect(sent.length).toBe(4);
    expect(sent.at(-1)).toMatchObject({ bytesIn: 25, bytesOut: 50 });
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
    report.count(false, 0, 0);
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

  it('shows where a URI was cut', () => {
    report.show(request('/'.repeat(10_000)));
    expect(sent.at(-1)?.current?.uri).toBe(`${'/'.repeat(URI_ROOM - 3)}...`);
  });
});
