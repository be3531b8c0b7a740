import { describe, expect, it } from 'vitest';
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

const messages = (outcome: Partial<Outcome>, mode: 'off' | 'errors' | 'all' = 'errors') =>
  describeOutcome({ ...answered, ...outcome }, mode).map(
    ({ level, message }) => `${level} ${message}`,
  );

describe('describeOutcome', () => {
  it('says nothing of an ordinary answer, and one line with --access-log all', () => {
    expect(messages({})).toEqual([]);
    expect(messages({}, 'all')).toEqual(['info GET /a: answered']);
  });

  it('names request, status, duration, bytes and peer in its fields', () => {
    expect(describeOutcome(answered, 'all')[0]?.fields).toEqual({
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
    expect(describeOutcome({ ...answered, ...outcome }, 'off')[0]?.fields['err']).toMatchObject({
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
      'off',
    );
    expect(line).toMatchObject({
      level: 'warn',
      message: 'connection: this is no SCGI request: got "G"',
      fields: { hint: 'use scgi_pass' },
    });
  });

  it.each([
    ['header', 'warn GET /a: the header block did not arrive within --header-timeout'],
    ['body', 'warn GET /a: the request body made no progress for --body-timeout'],
    ['request', 'warn GET /a: it took longer than --request-timeout'],
    ['send', 'warn GET /a: the web server did not read the response for --send-timeout'],
  ] as const)('names the option behind a time limit (%s)', (phase, line) => {
    expect(messages({ kind: 'timed-out', phase })).toEqual([line]);
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
