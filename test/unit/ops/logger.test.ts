import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogDestination } from '../../../src/ops/log-destination.ts';
import type { LoggerOptions } from '../../../src/ops/logger.ts';
import { createLogger } from '../../../src/ops/logger.ts';

describe('logger', () => {
  let directory: string;
  let file: string;
  let fd: number;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'scgi-logger-'));
    file = join(directory, 'log');
    fd = openSync(file, 'w');
  });
  afterEach(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  });

  const makeLogger = (options: Partial<LoggerOptions> = {}) => {
    const destination = new LogDestination({ fd });
    return createLogger({
      level: 'info',
      format: 'auto',
      destination,
      access: options.destination ?? destination,
      reader: 'program',
      ...options,
    });
  };
  const written = () => readFileSync(file, 'utf8');

  test('writes text lines without time stamps when nobody watches', () => {
    const logger = makeLogger();
    logger.info('listening', { port: 4000 });
    logger.error('worker died', { slot: 1, signal: 'SIGKILL' });
    expect(written()).toBe('info  listening port=4000\nerror worker died slot=1 signal=SIGKILL\n');
  });

  test('leaves out what is below the level', () => {
    const logger = makeLogger({ level: 'warn' });
    logger.debug('d');
    logger.info('i');
    logger.warn('w');
    expect(written()).toBe('warn  w\n');
  });

  test('steers no terminal with what JSON takes as it is', () => {
    makeLogger({ format: 'json' }).info('m', { uri: '/\u009b31m\u007f' });
    expect(written()).toContain(String.raw`"uri":"/\u009b31m\u007f"`);
    expect(JSON.parse(written())).toMatchObject({ uri: '/\u009b31m\u007f' });
  });

  test('adds the time of day and colours on a terminal, only the time in plain text', () => {
    makeLogger({ reader: 'terminal' }).info('x');
    makeLogger({ reader: 'terminal', format: 'text' }).info('x');
    expect(written()).toMatch(
      // oxlint-disable-next-line no-control-regex
      /^\u001b\[90m\d\d:\d\d:\d\d\u001b\[0m \u001b\[32minfo \u001b\[0m x\n\d\d:\d\d:\d\d info {2}x\n$/,
    );
  });

  test('adds date and time in a file, and no colours', () => {
    makeLogger({ reader: 'file' }).info('x');
    expect(written()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info {2}x\n$/);
  });

  test('writes lines of the access log as they are, whatever its level', () => {
    makeLogger({ level: 'error', format: 'json' }).access('::1 - - "GET / HTTP/1.1"\n');
    expect(written()).toBe('::1 - - "GET / HTTP/1.1"\n');
  });

  test('writes JSON with an ISO time and the level as a word', () => {
    makeLogger({ format: 'json' }).warn('careful', { slot: 2 });
    const record = JSON.parse(written());
    expect(record).toEqual({ level: 'warn', time: expect.any(String), slot: 2, msg: 'careful' });
    expect(new Date(record.time).toISOString()).toBe(record.time);
  });

  test('serialises errors under any name, causes included', () => {
    const err = new Error('outer', { cause: new TypeError('inner') });
    makeLogger({ format: 'json' }).error('failed', { err, reason: new Error('other') });
    const record = JSON.parse(written());
    expect(record.err).toMatchObject({ name: 'Error', message: 'outer' });
    expect(record.err.stack).toContain('caused by TypeError: inner');
    expect(record.reason.message).toBe('other');
  });

  test('an error in text is one line', () => {
    makeLogger().error('failed', { err: new Error('outer', { cause: new Error('inner') }) });
    expect(written()).toMatch(
      /^error failed err="Error: outer \| at .* \| caused by Error: inner \| at .*"\n$/,
    );
  });

  test('a field cannot pose as the level, the time or the message', () => {
    makeLogger().info('true', { level: 'error', time: 'never', msg: 'false' });
    expect(written()).toBe('info  true level_=error time_=never msg_=false\n');
  });

  test('does not interpret % in messages and survives odd values', () => {
    const circle: Record<string, unknown> = { big: 1n };
    circle['self'] = circle;
    makeLogger().info('100 %s %d', { circle, missing: undefined });
    expect(written()).toMatch(/^info {2}100 %s %d circle=\{"big":1,"self":"\[Circular\]"\}\n$/);
  });

  test('reports dropped lines in the format of the log', () => {
    const destination = new LogDestination({ fd });
    makeLogger({ destination, level: 'error' });
    destination.onRecovered(7);
    expect(written()).toBe(
      'error 7 log lines were dropped because the reader of the log did not keep up\n',
    );
  });
});
