import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RecyclingSettings } from '../../../src/ipc/messages.ts';
import { Recycling } from '../../../src/worker/recycling.ts';
import { openResidentSize } from '../../../src/worker/resident-size.ts';

const MB = 1024 * 1024;

/** A worker that serves nothing: what it asked for, and a way to make it serve. */
function createWorker(settings: RecyclingSettings, random = 0.5) {
  const said: string[] = [];
  const memory = { bytes: 50 * MB };
  const recycling = new Recycling(settings, {
    residentSize: () => memory.bytes,
    ask: (reason) => said.push(`ask: ${reason}`),
    rest: (reason) => said.push(`rest: ${reason}`),
    random: () => random,
  });
  const order: string[] = [];
  const serve = recycling.counting((_connection: undefined, place) => place.done());
  const serveOne = (): void =>
    serve(undefined, {
      leave: () => {},
      resume: (start) => start(),
      answering: () => {},
      answered: () => {},
      done: () => order.push(said.at(-1) ?? 'nothing'),
    });
  const handle = (count: number): void => {
    for (let i = 0; i < count; i++) serveOne();
  };
  return { recycling, said, memory, handle, order };
}

describe('a worker that is recycled', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    [0, 90],
    [0.5, 100],
    [1, 110],
  ])('asks once, after about so many requests (%d: %d)', (random, requests) => {
    const { said, handle } = createWorker({ maxRequests: 100 }, random);
    handle(requests - 1);
    expect(said).toEqual([]);
    handle(200);
    expect(said).toEqual([`ask: ${requests} requests (--max-requests)`]);
  });

  it('asks after about so long', () => {
    const { recycling, said } = createWorker({ maxAge: 60_000 }, 0);
    expect(recycling.begin()).toBeUndefined();
    vi.advanceTimersByTime(53_999);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(['ask: 54 s old (--max-age)']);
  });

  it('asks no earlier though that is longer than a timer can be set for', () => {
    const DAY_MS = 86_400_000;
    const { recycling, said } = createWorker({ maxAge: 60 * DAY_MS });
    recycling.begin();
    vi.advanceTimersByTime(60 * DAY_MS - 1);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(['ask: 5184000 s old (--max-age)']);
  });

  it('asks early when it grows, and rests before its place is free when it is too large', () => {
    const { said, memory, handle, order } = createWorker({ maxMemory: 100 * MB });
    memory.bytes = 89 * MB;
    handle(1);
    memory.bytes = 90 * MB;
    handle(2);
    expect(said).toEqual(['ask: 90 MB (--max-memory)']);
    memory.bytes = 100 * MB + 1;
    handle(2);
    expect(said).toEqual(['ask: 90 MB (--max-memory)', 'rest: 101 MB (--max-memory)']);
    expect(order.at(-2)).toBe('rest: 101 MB (--max-memory)');
  });

  it('warns of a limit that leaves no room', () => {
    const { recycling } = createWorker({ maxMemory: 50 * MB });
    expect(recycling.begin()).toBe(
      '50 MB before its first request leave no room below --max-memory 50 MB',
    );
  });
});

describe('openResidentSize', () => {
  it('tells what Node tells', () => {
    const size = openResidentSize()();
    expect(size / process.memoryUsage.rss()).toBeCloseTo(1, 1);
  });
});
