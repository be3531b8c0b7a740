import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { queueTime } from '../../../src/connection/queue-time.ts';
import { requestStart } from '../../../src/protocol/request-start.ts';

const NOW = 1_700_000_000_500;

describe('the time stamp of a request', () => {
  it.each([
    ['t=1700000000.123', 1_700_000_000_123],
    ['1700000000.123', 1_700_000_000_123],
    ['t=1700000000123456', 1_700_000_000_123.456],
    ['t=1700000000123', 1_700_000_000_123],
    [' t=1700000000 ', 1_700_000_000_000],
    ['t=', undefined],
    ['t=-5', undefined],
    ['t=1e9', undefined],
    ['yesterday', undefined],
    ['', undefined],
    [`t=${'9'.repeat(40)}`, undefined],
  ])('is read from %j: %s', (text, expected) => {
    expect(requestStart(text)).toBe(expected);
  });
});

describe('the time that a request has waited', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date', 'performance'] });
  });
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['t=1700000000.400', 100],
    ['t=1700000000.500', 0],
    // The clock of one machine, read in another order.
    ['t=1700000000.505', 0],
    // Another machine's.
    ['t=1700000002.000', undefined],
    ['t=1600000000.000', undefined],
    ['nonsense', undefined],
    [undefined, undefined],
  ])('is that since %j: %s ms', (stamp, expected) => {
    const waited = queueTime({ HTTP_X_REQUEST_START: stamp }, performance.now());
    expect(waited).toEqual(expected === undefined ? undefined : expect.closeTo(expected, 3));
  });

  it('ends with the hand-over, whenever it is asked', () => {
    const startedAt = performance.now();
    vi.advanceTimersByTime(5_000);
    const waited = queueTime({ HTTP_X_REQUEST_START: 't=1700000000.400' }, startedAt);
    expect(waited).toBeCloseTo(100, 3);
  });
});
