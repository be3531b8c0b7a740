import { describe, expect, test } from 'vitest';
import { ServerError } from '../../../src/errors.ts';
import { toErrorRecord } from '../../../src/ipc/error-record.ts';

describe('error-record', () => {
  test('keeps kind, message, code and stack', () => {
    const record = toErrorRecord(new ServerError('ERR_SCGI_LISTEN', 'port in use'));
    expect(record).toMatchObject({
      name: 'ServerError',
      message: 'port in use',
      code: 'ERR_SCGI_LISTEN',
    });
    expect(record.stack).toMatch(/port in use\n\s+at /);
  });

  test('appends the chain of causes, whatever their kind', () => {
    const root = new Error('root', { cause: { reason: 'an object' } });
    const { stack } = toErrorRecord(
      new Error('top', { cause: new TypeError('mid', { cause: root }) }),
    );
    expect(stack).toMatch(
      /^Error: top\n[^]*\ncaused by TypeError: mid\n[^]*\ncaused by Error: root\n[^]*\ncaused by \{ reason: 'an object' \}$/,
    );
  });

  test('lists the members of an aggregate', () => {
    const { stack } = toErrorRecord(
      new AggregateError([new Error('first'), new Error('second')], 'all'),
    );
    expect(stack).toMatch(/one of them: Error: first[^]*one of them: Error: second/);
  });

  test('survives causes that form a circle', () => {
    const error = new Error('circular');
    error.cause = error;
    expect(toErrorRecord(error).stack).not.toContain('caused by');
  });

  test('survives frozen errors, throwing getters and missing stacks', () => {
    const frozen = Object.freeze(new Error('frozen'));
    expect(toErrorRecord(frozen).message).toBe('frozen');
    const hostile = new Error('hostile');
    Object.defineProperty(hostile, 'stack', {
      get: () => {
        throw new Error('no stack for you');
      },
    });
    expect(toErrorRecord(hostile).stack).toBe('Error: hostile');
  });

  test('takes anything that can be thrown', () => {
    expect(toErrorRecord('text').message).toContain('text');
    expect(toErrorRecord(undefined).name).toBe('Thrown');
    expect(toErrorRecord(Object.create(null)).stack).toContain('not an error was thrown');
  });
});
