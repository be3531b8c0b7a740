import { beforeEach, describe, expect, it } from 'vitest';
import { newOutcome } from '../../../src/connection/outcome.ts';
import type { ObservedRequest } from '../../../src/connection/request-observer.ts';
import { monotonicMs, toMonotonic } from '../../../src/dispatch/monotonic.ts';
import { RunningRequests } from '../../../src/worker/running-requests.ts';
import { RunningTable } from '../../../src/worker/running-table.ts';

const request = (uri: string, startedAt: number = performance.now()): ObservedRequest => ({
  id: `id of ${uri.slice(0, 6)}`,
  method: 'GET',
  uri,
  startedAt,
  headSent: false,
  fd: -1,
});

describe('the table of running requests', () => {
  let memory: SharedArrayBuffer;
  let reader: RunningTable;
  let requests: RunningRequests;
  let passedOn: string[];

  beforeEach(() => {
    memory = RunningTable.allocate(3);
    reader = new RunningTable(memory);
    passedOn = [];
    requests = new RunningRequests(new RunningTable(memory), {
      begun: ({ uri }) => passedOn.push(`begun ${uri}`),
      headSent: ({ uri }) => passedOn.push(`head ${uri}`),
      counted: ({ kind }) => passedOn.push(`counted ${kind}`),
      ended: ({ uri }) => passedOn.push(`ended ${uri}`),
    });
  });

  it('has those that run, the oldest first, and passes everything on', () => {
    const [young, old] = [request('/young', 20), request('/old', 10)];
    requests.begun(young);
    requests.begun(old);
    requests.headSent(old);
    expect(reader.read()).toMatchObject([
      { id: 'id of /old', method: 'GET', uri: '/old', startedAt: toMonotonic(10) },
      { uri: '/young' },
    ]);
    requests.counted(newOutcome('answered'));
    requests.ended(old);
    expect(reader.read().map(({ uri }) => uri)).toEqual(['/young']);
    expect(passedOn).toEqual([
      'begun /young',
      'begun /old',
      'head /old',
      'counted answered',
      'ended /old',
    ]);
  });

  it('keeps for a while when a request ended', () => {
    const one = request('/1', 10);
    requests.begun(one);
    const [entry] = reader.read();
    expect(reader.endOf(entry!)).toBe(Infinity);
    const before = performance.now();
    requests.ended(one);
    expect(reader.endOf(entry!)).toBeGreaterThanOrEqual(toMonotonic(before));
    expect(reader.endOf(entry!)).toBeLessThanOrEqual(toMonotonic(performance.now()));
    for (let i = 0; i < 100; i++) {
      const other = request(`/${i}`);
      requests.begun(other);
      requests.ended(other);
    }
    expect(reader.endOf(entry!)).toBeUndefined();
    expect(reader.begun).toBe(101);
  });

  it('cuts what is too long, and leaves out whom it has no room for', () => {
    requests.begun(request(`/${'a'.repeat(2_000)}`));
    expect(reader.read()[0]?.uri).toMatch(/^\/a{200,}\.\.\.$/);
    const many = Array.from({ length: 200 }, (_, i) => request(`/${i}`));
    for (const each of many) requests.begun(each);
    expect(reader.read()).toHaveLength(reader.places);
    for (const each of many) requests.ended(each);
    expect(reader.read()).toHaveLength(1);
  });

  it('has the clock of all threads', () => {
    requests.begun(request('/'));
    const age = monotonicMs() - (reader.read()[0]?.startedAt ?? 0);
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(1_000);
  });
});
