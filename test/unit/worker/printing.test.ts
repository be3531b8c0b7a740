import * as fc from 'fast-check';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { MarkedLine } from '../../../src/master/marked-lines.ts';
import { MarkedLines } from '../../../src/master/marked-lines.ts';
import { Printing } from '../../../src/worker/printing.ts';

const WORD = 'w0rd';
/** Room of a stream that is slow. */
const SMALL = 10;

/** A stream that is printed to, what has come of it, and who prints now. */
function rig(highWaterMark = 16_384) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    highWaterMark,
    write: (chunk: Buffer, _encoding, callback) => {
      chunks.push(chunk);
      if (highWaterMark === SMALL) setImmediate(callback);
      else callback();
    },
    writev: (pieces, callback) => {
      chunks.push(Buffer.concat(pieces.map(({ chunk }) => chunk as Buffer)));
      callback();
    },
  });
  let now: string | undefined;
  const printing = new Printing([stream], { word: WORD, currentRequest: () => now });
  const print = (request: string | undefined, ...args: unknown[]): boolean => {
    now = request;
    return (stream.write as (...given: unknown[]) => boolean)(...args);
  };
  return { stream, printing, print, chunks };
}

function read(bytes: Buffer, cuts: readonly number[] = []): string[] {
  const found: string[] = [];
  const lines = new MarkedLines(WORD, ({ text, request, isAccess }: MarkedLine) => {
    found.push(`${isAccess ? 'access' : (request ?? '-')}: ${text}`);
  });
  const offsets = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  for (const [index, offset] of offsets.slice(0, -1).entries()) {
    lines.push(bytes.subarray(offset, offsets[index + 1]));
  }
  lines.end();
  return found;
}

describe('what is printed', () => {
  it('is read as lines, each with its request', () => {
    const { print, chunks } = rig();
    print('a', 'one\ntwo\n');
    print(undefined, 'nobody\n');
    print('b', Buffer.from('three\n'));
    print('b', 'NDUK', 'base64');
    print('b', 'é\n', 'latin1');
    expect(read(Buffer.concat(chunks))).toEqual([
      'a: one',
      'a: two',
      '-: nobody',
      'b: three',
      'b: 45',
      'b: \ufffd',
    ]);
  });

  it('joins the pieces of a line with those of its own request only', () => {
    const { print, chunks, printing } = rig();
    print('a', 'a1 ');
    print('b', 'b1 ');
    print(undefined, 'n1 ');
    print('a', 'a2\na3');
    print('b', 'b2');
    printing.over('a');
    print(undefined, 'n2\n');
    printing.over('never heard of');
    expect(read(Buffer.concat(chunks))).toEqual(['a: a1 a2', 'a: a3', '-: n1 n2', 'b: b1 b2']);
  });

  it('is not marked twice, nor marked as over, where nothing is left of a line', () => {
    const { print, chunks, printing } = rig();
    print('a', 'whole\n');
    printing.over('a');
    print('a', '');
    expect(Buffer.concat(chunks).toString()).toBe(`\0${WORD}(a\0whole\n\0${WORD})\0`);
  });

  it('leaves in one piece each time, whatever it is', () => {
    const { print, chunks } = rig();
    print('a', 'text\n');
    print('a', Buffer.from('bytes\n'));
    expect(chunks).toHaveLength(2);
  });

  it('keeps what the stream says: room, callbacks and errors', async () => {
    const { print, stream } = rig(SMALL);
    await new Promise<void>((resolve) => {
      print('a', 'x', () => resolve());
    });
    await new Promise<void>((resolve) => {
      print('a', Buffer.from('x'), undefined, () => resolve());
    });
    expect(print('a', 'x'.repeat(100))).toBe(false);
    await new Promise((resolve) => {
      stream.once('drain', resolve);
    });
    expect(() => print('a', 7)).toThrow(/must be of type string/);
    expect(() => print('a', 'x', 'no encoding')).toThrow(/encoding/i);
    // And goes on.
    expect(stream.writableCorked).toBe(0);
  });

  it('is not unmasked by zero bytes, nor by what only looks like a mark', () => {
    const { print, chunks } = rig();
    print('a', `\0\0(b\0x\n`);
    print('a', `\0${WORD}\0y\n`);
    print(undefined, `\0other(b\0z\n`);
    const found = read(Buffer.concat(chunks));
    expect(found.map((line) => line[0])).toEqual(['a', 'a', '-']);
    expect(found[2]).toBe('-: \0other(b\0z');
  });

  it('does not keep unfinished lines of ever more requests', () => {
    const { print, chunks } = rig();
    for (let n = 0; n < 300; n++) print(`r${n}`, 'dot.');
    const found: string[] = [];
    const lines = new MarkedLines(WORD, ({ text }) => found.push(text));
    lines.push(Buffer.concat(chunks));
    expect(found.length).toBeGreaterThanOrEqual(250);
    lines.end();
    expect(found).toHaveLength(300);
  });

  it('is the same wherever the bytes are cut', () => {
    const { print, chunks, printing } = rig();
    print('a', 'größe ');
    print(undefined, 'n\0w');
    print('b', 'one\ntwo');
    printing.writeAccess('GET /\n');
    print('a', 'z\n');
    printing.over('b');
    print(undefined, '\n');
    const bytes = Buffer.concat(chunks);
    const whole = read(bytes);
    expect(whole).toContain('access: GET /');
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        expect(read(bytes, cuts)).toEqual(whole);
      }),
    );
  });
});

it('writes access lines where a handler has ended one of the streams', () => {
  const [ended, open] = [rig(), rig()];
  const printing = new Printing([ended.stream, open.stream], {
    word: WORD,
    currentRequest: () => undefined,
  });
  ended.stream.end();
  printing.writeAccess(`${'x'.repeat(20_000)}\n`);
  expect(read(Buffer.concat(open.chunks))).toEqual([`access: ${'x'.repeat(20_000)}`]);
  open.stream.end();
  expect(printing.writeAccess('lost\n')).toBe(false);
});

it('takes no more access lines than a slow reader leaves room for', () => {
  const stream = new Writable({ highWaterMark: 1, write: () => {} });
  const printing = new Printing([stream], { word: WORD, currentRequest: () => undefined });
  const line = `${'x'.repeat(100_000)}\n`;
  const taken = Array.from({ length: 20 }, () => printing.writeAccess(line));
  expect(taken.filter(Boolean)).toHaveLength(11);
});
