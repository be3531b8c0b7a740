import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../src/line-splitter.ts';

function split(bytes: Buffer, { at = [] as number[], max = 8192 } = {}): string[] {
  const splitter = new LineSplitter(max);
  const offsets = [0, ...at.toSorted((a, b) => a - b), bytes.length];
  const lines = offsets.flatMap((offset, index) =>
    splitter.push(bytes.subarray(offset, offsets[index + 1] ?? bytes.length)),
  );
  return [...lines, ...splitter.end()];
}

describe('LineSplitter', () => {
  test('returns whole lines and holds back the unfinished one', () => {
    const splitter = new LineSplitter();
    expect(splitter.push(Buffer.from('one\ntw'))).toEqual(['one']);
    expect(splitter.push(Buffer.from('o\nthree'))).toEqual(['two']);
    expect(splitter.end()).toEqual(['three']);
    expect(splitter.end()).toEqual([]);
  });

  test('trims CR LF, keeps empty lines and a CR within a line', () => {
    expect(split(Buffer.from('a\r\n\r\nb\rc\n\nd\r'))).toEqual(['a', '', 'b\rc', '', 'd']);
  });

  test('decodes a character that arrives in two chunks', () => {
    expect(split(Buffer.from('größe\n'), { at: [3] })).toEqual(['größe']);
  });

  test('shows bytes that are not UTF-8 as replacement characters', () => {
    expect(split(Buffer.from([0x61, 0xff, 0x0a]))).toEqual(['a\ufffd']);
  });

  test('cuts a line that is too long and marks all pieces but the last', () => {
    expect(split(Buffer.from('abcdefghij\nk\n'), { max: 4 })).toEqual([
      'abcd…',
      'efgh…',
      'ij',
      'k',
    ]);
  });

  test('does not cut a line of exactly the maximum, whatever its line end', () => {
    const input = Buffer.from('abcd\r\nefgh\n');
    expect(split(input, { max: 4 })).toEqual(['abcd', 'efgh']);
    expect(split(input, { max: 4, at: [4, 5] })).toEqual(['abcd', 'efgh']);
  });

  test('cuts between characters, not within one', () => {
    expect(split(Buffer.from('abc€def\n'), { max: 4 })).toEqual(['abc…', '€d…', 'ef']);
  });

  test('an endless line is passed on in pieces instead of being held', () => {
    const splitter = new LineSplitter(100);
    const lines = splitter.push(Buffer.alloc(100_000, 'x'));
    expect(lines).toHaveLength(999);
    expect(splitter.end()).toEqual(['x'.repeat(100)]);
  });

  test('gives the same lines however the bytes are split into chunks', () => {
    const byte = fc.constantFrom(...Buffer.from('ab\r\n\n€\xff'));
    const input = fc.array(byte, { maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    const cuts = fc.array(fc.nat(60), { maxLength: 8 });
    fc.assert(
      fc.property(input, cuts, fc.integer({ min: 4, max: 9 }), (bytes, offsets, max) => {
        const at = offsets.map((offset) => Math.min(offset, bytes.length));
        expect(split(bytes, { at, max })).toEqual(split(bytes, { max }));
      }),
    );
  });
});
