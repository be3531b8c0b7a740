import { describe, expect, it } from 'vitest';
import { toBuffers, totalLength, writePieces } from '../../../src/protocol/pieces.ts';

const large = Buffer.alloc(100_000, 'x');

describe('toBuffers', () => {
  it('puts a head and a small body into one buffer', () => {
    expect(toBuffers(['A: \xe9\r\n\r\n', Buffer.from('hello '), Buffer.from('world')])).toEqual([
      Buffer.from('A: \xe9\r\n\r\nhello world', 'latin1'),
    ]);
  });

  it('passes a large piece and what follows it on without a copy', () => {
    const last = Buffer.from('last');
    const [first, second, third] = toBuffers(['head', Buffer.from('small'), large, last]);
    expect(first?.toString()).toBe('headsmall');
    expect(second).toBe(large);
    expect(third).toBe(last);
  });

  it('copies no single buffer, and makes none of nothing', () => {
    expect(toBuffers([large])[0]).toBe(large);
    const small = Buffer.from('small');
    expect(toBuffers([small])[0]).toBe(small);
    expect(toBuffers([])).toEqual([]);
  });

  it('encodes a head however large it is', () => {
    expect(toBuffers(['h'.repeat(50_000), large]).map(({ length }) => length)).toEqual([
      50_000, 100_000,
    ]);
  });
});

describe('writePieces', () => {
  it('writes text as latin-1 and bytes as they are, and counts both', () => {
    const target = Buffer.alloc(8, '.');
    const pieces = ['\xff', Buffer.from([0xc3, 0xa9]), 'ab'];
    expect(totalLength(pieces)).toBe(5);
    expect(writePieces(pieces, target)).toBe(5);
    expect(target.toString('latin1')).toBe('\xff\xc3\xa9ab...');
  });
});
