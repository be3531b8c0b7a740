import { expect, it } from 'vitest';
import type { Outcome } from '../../../src/connection/outcome.ts';
import { newOutcome } from '../../../src/connection/outcome.ts';
import type { RequestLogParts } from '../../../src/worker/request-log.ts';
import { createRequestLog } from '../../../src/worker/request-log.ts';

const SETTINGS: RequestLogParts['settings'] = {
  slot: 0,
  accessLog: 'all',
  accessLogFormat: 'text',
  hasAccessFile: false,
  headerTimeout: 5_000,
  bodyTimeout: 60_000,
  sendTimeout: 60_000,
};
const request = { id: 'r', method: 'GET', uri: '/' };
const OUTCOMES: Outcome[] = [
  { ...newOutcome('answered'), status: 200, request },
  { ...newOutcome('answered'), status: 500, request },
  { ...newOutcome('handler-failed'), status: 500, request, error: new Error('x') },
  { ...newOutcome('aborted'), request },
  { ...newOutcome('malformed'), status: 400 },
  newOutcome('empty'),
];

/** How many lines of each kind the outcomes above make: in the log from info upwards, and of access. */
function count(settings: Partial<RequestLogParts['settings']>): [number, number] {
  const counts: [number, number] = [0, 0];
  const add = (): void => void counts[0]++;
  const report = createRequestLog({
    settings: { ...SETTINGS, ...settings },
    log: { debug: () => {}, info: add, warn: add, error: add },
    writeAccess: () => ++counts[1] > 0,
  });
  for (const outcome of OUTCOMES) report(outcome);
  return counts;
}

it('writes all of it into the log where access lines are nothing but that', () => {
  expect(count({})).toEqual([5, 0]);
  expect(count({ accessLog: 'errors' })).toEqual([4, 0]);
  expect(count({ accessLog: 'off' })).toEqual([2, 0]);
});

it.each([
  { hasAccessFile: true },
  { accessLogFormat: 'json' },
  { accessLogFormat: 'combined' },
] as const)(
  'writes of every request one line of its own, and what went wrong into the log (%o)',
  (settings) => {
    expect(count(settings)).toEqual([4, 4]);
    expect(count({ ...settings, accessLog: 'errors' })).toEqual([4, 3]);
    expect(count({ ...settings, accessLog: 'off' })).toEqual([2, 0]);
  },
);

it('tells how many lines were dropped once they get through again', () => {
  const told: string[] = [];
  let isOpen = false;
  const error = (message: string): void => void told.push(message);
  const report = createRequestLog({
    settings: { ...SETTINGS, hasAccessFile: true },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error },
    writeAccess: () => isOpen,
  });
  const [outcome] = OUTCOMES;
  for (let i = 0; i < 3; i++) report(outcome!);
  isOpen = true;
  for (let i = 0; i < 2; i++) report(outcome!);
  expect(told).toEqual(['3 lines of the access log were dropped: the master did not keep up']);
});
