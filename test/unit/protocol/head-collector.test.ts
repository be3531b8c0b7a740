import { describe, expect, it } from 'vitest';
import { HeadCollector } from '../../../src/protocol/head-collector.ts';
import { ResponseError } from '../../../src/protocol/protocol-error.ts';
import { MAX_RESPONSE_HEAD_BYTES } from '../../../src/protocol/response-head.ts';
import { byteByByte, thrownBy } from './feed.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

/** Feeds the pieces until the head is there. */
function collect(pieces: readonly Buffer[]) {
  const collector = new HeadCollector();
  for (const piece of pieces) {
    const found = collector.push(piece);
    if (found !== undefined) return [found.head.toString('latin1'), found.rest.toString('latin1')];
  }
  return undefined;
}

describe('HeadCollector', () => {
  it('finds head and rest in one chunk, in single bytes and in pieces', () => {
    const text = 'A: b\r\nC: d\r\n\r\nbody\n\n';
    const head = 'A: b\r\nC: d\r\n\r\n';
    expect(collect([bytes(text)])).toEqual([head, 'body\n\n']);
    expect(collect(byteByByte(bytes(text)))).toEqual([head, '']);
    expect(collect([bytes('A: b\r\nC: d\r\n\r'), bytes('\nbody\n\n')])).toEqual([head, 'body\n\n']);
    expect(collect([bytes(''), bytes(text)])).toEqual([head, 'body\n\n']);
  });

  it('does not copy a head that comes in one chunk', () => {
    const chunk = bytes('A: b\n\nbody');
    const found = new HeadCollector().push(chunk);
    expect(found?.head.buffer).toBe(chunk.buffer);
    expect(found?.rest.buffer).toBe(chunk.buffer);
  });

  it('takes a head of exactly the bound and refuses one byte more, whole or in pieces', () => {
    expect(MAX_RESPONSE_HEAD_BYTES).toBe(262_144);
    const fits = bytes(`${'A: b\n'.repeat(52_428)}xy\n\n`);
    const exceeds = Buffer.concat([bytes('x'), fits]);
    expect(fits.length).toBe(MAX_RESPONSE_HEAD_BYTES);
    expect(collect([fits])).toHaveLength(2);
    expect(collect(byteByByte(fits))).toHaveLength(2);
    expect(thrownBy(() => collect([exceeds]))).toBeInstanceOf(ResponseError);
    expect(thrownBy(() => collect(byteByByte(exceeds)))).toBeInstanceOf(ResponseError);
    expect(thrownBy(() => collect([Buffer.alloc(262_145, 'x')]))).toBeInstanceOf(ResponseError);
    expect(collect([Buffer.alloc(262_144, 'x')])).toBeUndefined();
  });

  it('describes what was found instead', () => {
    const collector = new HeadCollector();
    expect(collector.describe()).toBe('nothing at all');
    collector.push(bytes('hello\n'));
    collector.push(bytes('\x1b world'));
    expect(collector.describe()).toBe(
      String.raw`13 bytes without a blank line, starting with "hello\n\x1b world"`,
    );
  });
});
