import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeNetstring, NetstringReader } from '../../../src/protocol/netstring.ts';
import { ProtocolError } from '../../../src/protocol/protocol-error.ts';
import { byteByByte, cutAt, cutPlaces, thrownBy } from './feed.ts';

const LIMIT = 1000;

/** Feeds the pieces until the end is found; returns what was read and what was left over. */
function read(pieces: readonly Buffer[], limit = LIMIT) {
  const reader = new NetstringReader(limit);
  const left = [...pieces];
  for (let piece = left.shift(); piece !== undefined; piece = left.shift()) {
    const end = reader.read(piece);
    if (end !== -1) {
      const trailing = Buffer.concat([piece.subarray(end), ...left]).toString('latin1');
      return {
        payload: reader.payload?.toString('latin1'),
        offset: reader.payloadOffset,
        trailing,
      };
    }
  }
  return undefined;
}

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('NetstringReader', () => {
  it.each([
    ['whole', [bytes('5:hello,')], ''],
    ['byte by byte', byteByByte(bytes('5:hello,')), ''],
    ['with trailing bytes', [bytes('5:hello,7:goodbye,')], '7:goodbye,'],
    ['byte by byte with trailing bytes', byteByByte(bytes('5:hello,7:')), '7:'],
    ['with its comma alone', [bytes('5:hello'), bytes(',x')], 'x'],
    ['with empty pieces', [bytes(''), bytes('5:'), bytes(''), bytes('hello,')], ''],
  ])('reads a netstring that comes %s', (_how, pieces, trailing) => {
    expect(read(pieces)).toEqual({ payload: 'hello', offset: 2, trailing });
  });

  it('does not copy a payload that comes whole', () => {
    const chunk = bytes('5:hello,');
    const reader = new NetstringReader(LIMIT);
    reader.read(chunk);
    chunk.write('J', 2);
    expect(reader.payload?.toString()).toBe('Jello');
  });

  it('keeps its own copy of a payload that comes in pieces', () => {
    const chunk = bytes('5:hel');
    const reader = new NetstringReader(LIMIT);
    reader.read(chunk);
    chunk.fill(0);
    expect(reader.read(bytes('lo,'))).toBe(3);
    expect(reader.payload?.toString()).toBe('hello');
  });

  it.each([
    ['070:', 1, 'leading zero'],
    ['00:', 1, 'leading zero'],
    ['0:,', 1, 'empty'],
    [':x', 0, 'got ":"'],
    ['+24:', 0, 'got "+"'],
    ['-1:', 0, 'got "-"'],
    [' 1:', 0, 'got " "'],
    ['1 :', 1, 'got " "'],
    ['12\n', 2, String.raw`got "\n"`],
    ['1a:', 1, 'got "a"'],
    ['3:abc;', 5, 'got ";"'],
    ['3:abcd,', 5, 'got "d"'],
  ])('rejects %j with 400 at byte %d', (text, offset, reason) => {
    for (const pieces of [[bytes(text)], byteByByte(bytes(text))]) {
      const error = thrownBy(() => read(pieces));
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error).toMatchObject({ code: 'ERR_SCGI_PROTOCOL', offset, statusHint: 400 });
      expect(String(error)).toContain(reason);
    }
  });

  it('names another protocol by the first byte only', () => {
    expect(thrownBy(() => read([bytes('GET /')]))).toHaveProperty('hint', expect.any(String));
    expect(thrownBy(() => read([bytes('1GET /')]))).toHaveProperty('hint', undefined);
  });

  it('rejects a length above the limit with 431 at the digit that exceeds it', () => {
    expect(thrownBy(() => read([bytes('1001')]))).toMatchObject({ offset: 3, statusHint: 431 });
    expect(thrownBy(() => read([bytes('99999999999:')]))).toMatchObject({
      offset: 3,
      statusHint: 431,
      message: 'the header block is longer than 1000 bytes',
    });
    expect(read([bytes('1000:')])).toBeUndefined();
  });

  it('takes a payload of exactly the limit', () => {
    const payload = 'x'.repeat(LIMIT);
    expect(read([bytes(`${LIMIT}:${payload},`)])?.payload).toBe(payload);
  });

  it('reads what encodeNetstring writes, however it is cut', () => {
    const samples = fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 200 }), cutPlaces(210))
      .map(([payload, places]) => ({ payload: Buffer.from(payload), places }));
    fc.assert(
      fc.property(samples, ({ payload, places }) => {
        const encoded = Buffer.concat([encodeNetstring(payload), bytes('rest')]);
        expect(read(cutAt(encoded, places))).toEqual({
          payload: payload.toString('latin1'),
          offset: String(payload.length).length + 1,
          trailing: 'rest',
        });
      }),
    );
  });
});

describe('encodeNetstring', () => {
  it('puts the length in front and a comma behind', () => {
    expect(encodeNetstring(bytes('hello\xff')).toString('latin1')).toBe('6:hello\xff,');
    expect(encodeNetstring(bytes('')).toString()).toBe('0:,');
  });
});
