import { describe, expect, it } from 'vitest';
import { ResponseError } from '../../../src/protocol/protocol-error.ts';
import { MAX_LINE_BYTES, trimField, validateField } from '../../../src/protocol/response-field.ts';
import { thrownBy } from './feed.ts';

describe('validateField', () => {
  it.each(['X', 'Content-Type', "!#$%&'*+-.^_`|~09azAZ"])('accepts the name %j', (name) => {
    expect(() => validateField(name, 'v')).not.toThrow();
  });

  it.each(['', 'A B', 'A ', ' A', 'X(P', 'A:', 'A\n', 'A\0', 'caf\xe9', '\u20ac', '"A"'])(
    'refuses the name %j',
    (name) => {
      const error = thrownBy(() => validateField(name, 'v'));
      expect(error).toBeInstanceOf(ResponseError);
      expect(String(error)).toContain('invalid header name');
    },
  );

  it.each(['', 'a b', 'a\tb', '~', 'caf\xe9', '\x80\xff'])(
    'accepts the value %j, latin-1 as in H12',
    (value) => {
      expect(() => validateField('X', value)).not.toThrow();
    },
  );

  it.each(['\0', 'a\x01b', '\x7f', 'a\rb', 'a\nb', 'a\r\nX: y', '\x1b'])(
    'refuses the value %j for its control characters (H11)',
    (value) => {
      const error = thrownBy(() => validateField('X', value));
      expect(error).toBeInstanceOf(ResponseError);
      expect(String(error)).toContain('control characters are not allowed');
    },
  );

  it.each(['\u20ac', 'a\u0100', '\u{1f600}'])(
    'refuses the value %j for not being latin-1 (H13)',
    (value) => {
      const error = thrownBy(() => validateField('X', value));
      expect(error).toMatchObject({ code: 'ERR_SCGI_RESPONSE' });
      expect(String(error)).toContain('header values are latin-1');
    },
  );

  it('takes a line of 8190 bytes and refuses one more', () => {
    expect(MAX_LINE_BYTES).toBe(8190);
    const value = 'v'.repeat(8190 - 'X: '.length);
    expect(() => validateField('X', value)).not.toThrow();
    expect(String(thrownBy(() => validateField('X', `${value}v`)))).toContain('has 8191 bytes');
  });
});

describe('trimField', () => {
  it.each([
    [' \t a b\t ', 'a b'],
    ['   ', ''],
    ['', ''],
    ['\xc3\xa0', '\xc3\xa0'],
    ['\xa0x\xa0', '\xa0x\xa0'],
  ])('removes blanks and tabs, and no byte above 0x7f, around %j', (value, trimmed) => {
    expect(trimField(value)).toBe(trimmed);
  });
});
