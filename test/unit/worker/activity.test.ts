import { beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/connection/outcome.ts';
import { newOutcome } from '../../../src/connection/outcome.ts';
import type { ObservedRequest } from '../../../src/connection/request-observer.ts';
import { connectionKind, requestKind } from '../../../src/counts/request-counts.ts';
import type { ActivityLine } from '../../../src/dispatch/activity.ts';
import { Activity } from '../../../src/worker/activity.ts';

const request = (uri: string, headSent: boolean = false): ObservedRequest => ({
  id: 'r',
  method: 'GET',
  uri,
  startedAt: 0,
  headSent,
  fd: -1,
});
const named = { id: '0-1', method: 'GET', uri: '/1' };
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
      count: (kind, { bytesIn, bytesOut }) => told.push(`count ${kind} ${bytesIn} ${bytesOut}`),
    };
    activity = new Activity(line);
  });

  it('is the request that runs, and what came of it', () => {
    const one = request('/1');
    activity.begun(one);
    activity.headSent(one);
    activity.counted(outcome({ bytesIn: 3, bytesOut: 5, request: named }));
    activity.ended(one);
    const kind = requestKind('answered', 200);
    expect(told).toEqual(['show /1', 'head', `count ${kind} 3 5`, 'clear']);
  });

  it('is the oldest of several', () => {
    const [one, two, three] = [request('/1'), request('/2'), request('/3')];
    for (const begun of [one, two, three]) activity.begun(begun);
    activity.headSent(two);
    activity.ended(two);
    activity.ended(one);
    activity.headSent(three);
    activity.ended(three);
    expect(told).toEqual(['show /1', 'clear', 'show /3', 'head', 'clear']);
  });

  it('counts connections that never became a request', () => {
    const one = request('/1');
    activity.begun(one);
    activity.counted(outcome({ kind: 'malformed', status: 400 }));
    expect(told).toEqual(['show /1', `count ${connectionKind('malformed', 400)} 0 0`]);
  });
});
