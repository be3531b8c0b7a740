import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeJson, formatTextLine } from '../../../src/ops/text-format.ts';

const plain = { colour: false };

describe('text-format', () => {
  test('writes level, message and fields', () => {
    const record = { level: 'info', msg: 'listening on 127.0.0.1:4000', workers: 5, fast: true };
    expect(formatTextLine(record, plain)).toBe(
      'info  listening on 127.0.0.1:4000 workers=5 fast=true\n',
    );
  });

  test('puts a time stamp first if the record has one', () => {
    const record = { level: 'error', time: '12:00:01', msg: 'x' };
    expect(formatTextLine(record, plain)).toBe('12:00:01 error x\n');
  });

  test('quotes values only where they would be misread', () => {
    const record = {
      level: 'warn',
      msg: 'm',
      a: '/a/b:1',
      b: 'two words',
      c: '',
      d: 'x="\\"',
      e: null,
    };
    expect(formatTextLine(record, plain)).toBe(
      'warn  m a=/a/b:1 b="two words" c="" d="x=\\"\\\\\\"" e=null\n',
    );
  });

  test('writes objects and lists as JSON', () => {
    const record = { level: 'warn', msg: 'm', peer: { host: 'h', ports: [1, 2] } };
    expect(formatTextLine(record, plain)).toBe('warn  m peer={"host":"h","ports":[1,2]}\n');
  });

  test('leaves no control character in JSON, which means the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeJson(JSON.stringify(text));
        expect(JSON.parse(escaped)).toBe(text);
        // oxlint-disable-next-line no-control-regex
        expect(escaped).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      }),
    );
  });

  test('escapes line ends, escape sequences and other control characters', () => {
    const record = { level: 'warn', msg: 'a\nb\u001b[2J', v: 'c\r\n\u0085\u2028', 'k\n': 1 };
    expect(formatTextLine(record, plain)).toBe(
      'warn  a\\nb\\x1b[2J v="c\\r\\n\\x85\\u2028" k\\n=1\n',
    );
  });

  test('an error with its causes takes one line', () => {
    const err = {
      type: 'E',
      message: 'm',
      stack: 'E: m\n    at f (x.js:1:2)\ncaused by F: n\n    at g',
    };
    expect(formatTextLine({ level: 'error', msg: 'failed', err }, plain)).toBe(
      'error failed err="E: m | at f (x.js:1:2) | caused by F: n | at g"\n',
    );
  });

  test('a stack that is a list takes one line, too; other lists stay lists', () => {
    const record = { level: 'warn', msg: 'm', stack: ['f (/x.js:1:2)', 'g'], tags: ['a'] };
    expect(formatTextLine(record, plain)).toBe('warn  m stack="f (/x.js:1:2) | g" tags=["a"]\n');
  });

  test('colours the level where a terminal shows it', () => {
    const line = formatTextLine({ level: 'error', msg: 'x' }, { colour: true });
    expect(line).toBe('\u001b[31merror\u001b[0m x\n');
  });

  test('one event is one line, whatever it contains', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, text, (msg, name, value) => {
        const line = formatTextLine({ level: 'info', msg, [`x${name}`]: value }, plain);
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(line.at(-1)).toBe('\n');
      }),
    );
  });
});
