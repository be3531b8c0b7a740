import { describe, expect, it } from 'vitest';
import { quote } from '../../../src/protocol/quote.ts';

describe('quote', () => {
  it.each([
    ['plain text', '"plain text"'],
    ['a"b\\c', String.raw`"a\"b\\c"`],
    ['\r\n\0\x1b\x7f', String.raw`"\r\n\x00\x1b\x7f"`],
    ['\xe9 \u20ac', String.raw`"\xe9 \u20ac"`],
    ['[~]', '"[~]"'],
    ['', '""'],
  ])('escapes what is not printable ASCII in %j', (text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });

  it('cuts a long text and shows that it did', () => {
    expect(quote('abcdef', 6)).toBe('"abcdef"');
    expect(quote('abcdefg', 6)).toBe('"abcdef"...');
    expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(40)}"...`);
  });
});
