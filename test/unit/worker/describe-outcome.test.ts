import { describe, expect, it } from 'vitest';
import { StoppingError } from '../../../src/connection/connection-errors.ts';
import type { Outcome } from '../../../src/connection/outcome.ts';
import { ProtocolError } from '../../../src/protocol/index.ts';
import { newOutcome } from '../../../src/connection/outcome.ts';
import { describeOutcome } from '../../../src/worker/describe-outcome.ts';

const answered: Outcome = {
  ...newOutcome('answered'),
  durationMs: 12.345,
  peer: undefined,
  request: { id: '0-x-1', method: 'GET', uri: '/a' },
  status: 200,
  bytesIn: 0,
  bytesOut: 5,
};

const LIMITS = {
  headerTimeout: 5_000,
  bodyTimeout: 60_000,
  sendTimeout: 90_000,
  requestTimeout: 300,
};

const messages = (outcome: Partial<Outcome>, mode: 'off' | 'errors' | 'all' = 'errors') =>
  describeOutcome({ ...answered, ...outcome }, { ...LIMITS, accessLog: mode }).map(
    ({ level, message }) => `${level} ${message}`,
  );

describe('describeOutcome', () => {
  it('says nothing of an ordinary answer, and one line with --access-log all', () => {
    expect(messages({})).toEqual([]);
    expect(messages({}, 'all')).toEqual(['info GET /a: answered']);
  });

  it('names request, status, duration, bytes and peer in its fields', () => {
    expect(describeOutcome(answered, { ...LIMITS, accessLog: 'all' })[0]?.fields).toEqual({
      request: '0-x-1',
      status: 200,
      ms: 12.3,
      in: 0,
      out: 5,
      peer: 'unix',
    });
  });

  it('tells a 5xx of the application, unless the access log is off', () => {
    expect(messages({ status: 503 })).toEqual(['warn GET /a: answered']);
    expect(messages({ status: 503 }, 'off')).toEqual([]);
  });

  it('tells a failed handler whatever the mode, with the error', () => {
    const outcome = { kind: 'handler-failed', error: new TypeError('boom') } as const;
    expect(messages(outcome, 'off')).toEqual(['error GET /a: the handler failed']);
    expect(
      describeOutcome({ ...answered, ...outcome }, { ...LIMITS, accessLog: 'off' })[0]?.fields[
        'err'
      ],
    ).toMatchObject({
      name: 'TypeError',
      message: 'boom',
    });
    expect(messages({ ...outcome, cut: true })).toEqual([
      'error GET /a: the handler failed after its head was sent: the connection was cut',
    ]);
  });

  it('tells what a connection speaks instead of SCGI, with the hint', () => {
    const error = new ProtocolError('got "G"', { offset: 0, hint: 'use scgi_pass' });
    const [line] = describeOutcome(
      { ...answered, request: undefined, kind: 'malformed', error },
      { ...LIMITS, accessLog: 'off' },
    );
    expect(line).toMatchObject({
      level: 'warn',
      message: 'connection: this is no SCGI request: got "G"',
      fields: { hint: 'use scgi_pass' },
    });
  });

  it.each([
    ['header', 'warn GET /a: the header block did not arrive within --header-timeout (5s)'],
    ['body', 'warn GET /a: the request body made no progress for --body-timeout (1m)'],
    ['request', 'warn GET /a: it took longer than --request-timeout (300ms)'],
    ['send', 'warn GET /a: the web server did not read the response for --send-timeout (90s)'],
  ] as const)('names the option behind a time limit, and its value (%s)', (phase, line) => {
    expect(messages({ kind: 'timed-out', phase })).toEqual([line]);
  });

  it('says why a request was ended before it was answered', () => {
    const error = new StoppingError('not finished within --graceful-timeout (30s)');
    expect(messages({ kind: 'stopped', error })).toEqual([
      'warn GET /a: ended before it was answered: the worker is stopping: not finished within --graceful-timeout (30s)',
    ]);
  });

  it('takes a hang-up for no error, and an empty connection for nothing', () => {
    expect(messages({ kind: 'aborted' })).toEqual(['info GET /a: the web server hung up']);
    expect(messages({ kind: 'empty', request: undefined })).toEqual([
      'debug connection: a connection closed without a byte',
    ]);
  });

  it('adds a line for every warning about the response', () => {
    expect(messages({ warnings: ['cut the body'] })).toEqual(['warn GET /a: cut the body']);
  });
});
