import { beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/connection/outcome.ts';
import { newOutcome } from '../../../src/connection/outcome.ts';
import type { ObservedRequest } from '../../../src/connection/request-observer.ts';
import type { ActivityLine } from '../../../src/dispatch/activity.ts';
import { Activity } from '../../../src/worker/activity.ts';

const request = (uri: string, headSent: boolean = false): ObservedRequest => ({
  id: '0-0-0',
  method: 'GET',
  uri,
  startedAt: 0,
  headSent,
  fd: -1,
});
const outcome = (fields: Partial<Outcome> = {}): Outcome => ({
  ...newOutcome('answered'),
  status: 200,
  ...fields,
});

describe('what a worker tells of itself', () => {
  let told: string[];
  let activity: Activity;

  beforeEach(() => {
    told = [];
    const line: ActivityLine = {
      booted: (ms) => told.push(`booted ${ms}`),
      show: ({ uri }) => told.push(`show ${uri}`),
      headSent: () => told.push('head'),
      clear: () => told.push('clear'),
      count: (...counts) => told.push(`count ${counts.join(' ')}`),
    };
    activity = new Activity(line);
  });

  it('is the request that runs, and what came of it', () => {
    const one = request('/1');
    activity.begun(one);
    activity.headSent(one);
    activity.ended(one, outcome({ bytesIn: 3, bytesOut: 5 }));
    expect(told).toEqual(['show /1', 'head', 'count false 3 5', 'clear']);
  });

  it('is the oldest of several', () => {
    const [one, two, three] = [request('/1'), request('/2'), request('/3')];
    for (const begun of [one, two, three]) activity.begun(begun);
    activity.headSent(two);
    activity.ended(two, outcome());
    activity.ended(one, outcome());
    activity.headSent(three);
    activity.ended(three, outcome());
    expect(told.filter((line) => !line.startsWith('count'))).toEqual([
      'show /1',
      'clear',
      'show /3',
      'head',
      'clear',
    ]);
  });

  it('counts connections that never became a request', () => {
    const one = request('/1');
    activity.begun(one);
    activity.ended(request(''), outcome({ kind: 'malformed', status: 400 }));
    expect(told).toEqual(['show /1', 'count true 0 0']);
  });

  it.each([
    [true, { status: 500 }],
    [true, { kind: 'handler-failed', status: undefined }],
    [true, { kind: 'response-short' }],
    [true, { kind: 'timed-out', status: 408 }],
    [false, { status: 404 }],
    [false, { kind: 'aborted' }],
    [false, { kind: 'refused', status: 413 }],
    [false, { kind: 'empty', status: undefined }],
  ] satisfies [boolean, Partial<Outcome>][])(
    'counts as an error (%s) what is %j',
    (isError, fields) => {
      activity.ended(request('/'), outcome(fields));
      expect(told).toEqual([`count ${isError} 0 0`]);
    },
  );
});
