import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InternalError } from '../../../src/errors.ts';
import { ProtocolError } from '../../../src/protocol/protocol-error.ts';
import { encodeRequest } from '../../../src/protocol/request-encoder.ts';
import { DEFAULT_MAX_HEADER_BYTES, RequestParser } from '../../../src/protocol/request-parser.ts';
import type { RequestVector } from '../../corpus/requests.ts';
import { REQUEST_VECTORS, unescapeBytes } from '../../corpus/requests.ts';
import { byteByByte, cutAt, cutPlaces, thrownBy } from './feed.ts';

/** Feeds the pieces; returns the head and everything behind it. */
function parse(pieces: readonly Buffer[], parser = new RequestParser()) {
  const left = [...pieces];
  for (let piece = left.shift(); piece !== undefined; piece = left.shift()) {
    const parsed = parser.feed(piece);
    if (parsed !== undefined) {
      return { head: parsed.head, rest: Buffer.concat([parsed.rest, ...left]).toString('latin1') };
    }
  }
  throw new Error('the request is not complete');
}

const of = (vector: RequestVector) => unescapeBytes(vector.bytes);
const accepted = REQUEST_VECTORS.filter((vector) => vector.verdict === 'accept');
const rejected = REQUEST_VECTORS.filter((vector) => vector.verdict !== 'accept');

/** What each accepted vector must have been read as, besides SCGI=1. */
const READINGS: Record<string, { env: Record<string, string>; bodySize: number; rest: string }> = {
  Q01: {
    env: { CONTENT_LENGTH: '27', REQUEST_METHOD: 'POST', REQUEST_URI: '/deepthought' },
    bodySize: 27,
    rest: 'What is the answer to life?',
  },
  Q02: get({}),
  Q03: get({ QUERY_STRING: '' }),
  Q04: get({ QUERY_STRING: '', CONTENT_TYPE: '', SERVER_PROTOCOL: 'HTTP/1.1' }),
  Q05: {
    env: { CONTENT_LENGTH: '0005', REQUEST_METHOD: 'POST', REQUEST_URI: '/' },
    bodySize: 5,
    rest: 'hello',
  },
  Q06: get({ HTTP_COOKIE: 'a=1; b=2', HTTP_X_DUP: 'one, two' }),
  Q08: {
    env: { CONTENT_LENGTH: '5', REQUEST_METHOD: 'POST', REQUEST_URI: '/' },
    bodySize: 5,
    rest: 'hello',
  },
  Q09: get({}),
  Q12: get({ FOO: 'b' }),
  Q14: get({ 'proxy-scgi-pathinfo': '1', 'lower-case': 'x.y', 'HTTP_X.DOT': 'd' }),
  Q15: get({ REQUEST_URI: '/x/%ff%0d%0ab', SCRIPT_NAME: '', PATH_INFO: '/x/\xff\r\nb' }),
  Q16: get({ REQUEST_URI: 'http://abs.example:81/x/z?q', HTTP_HOST: 'abs.example:81' }),
  Q17: get({ REQUEST_URI: '//evil.example/p', HTTP_HOST: 'front.example' }),
  Q19: get({ REQUEST_URI: '/x/a%', HTTP_HOST: 'front.example' }),
  Q20: {
    env: {
      CONTENT_LENGTH: '0',
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '/app',
      PATH_INFO: '/a b',
      QUERY_STRING: 'q=1',
    },
    bodySize: 0,
    rest: '',
  },
  Q21: get({ REQUEST_METHOD: 'get' }),
  Q22: get({ REQUEST_METHOD: 'TRACE' }),
  Q23: { ...get({ CONTENT_LENGTH: '7' }), bodySize: 7, rest: 'getbody' },
  Q24: get({ SERVER_PROTOCOL: '' }),
  Q27: get({ REQUEST_METHOD: 'POST', HTTP_CONTENT_LENGTH: '8' }),
  Q41: { ...get({ REQUEST_METHOD: 'POST', CONTENT_LENGTH: '104857600' }), bodySize: 104_857_600 },
};

function get(more: Record<string, string>) {
  const env = { CONTENT_LENGTH: '0', REQUEST_METHOD: 'GET', REQUEST_URI: '/', ...more };
  return { env, bodySize: 0, rest: '' };
}

/** Where, why and with which hint each other vector must have been refused. */
const REFUSALS: Record<string, { offset: number; reason: string; hint?: string }> = {
  Q11: { offset: 60, reason: '"REQUEST_METHOD" has two values: "GET" and "POST"' },
  Q28: { offset: 1, reason: 'leading zero' },
  Q29: { offset: 1, reason: 'empty' },
  Q30: { offset: 0, reason: 'expected a netstring length, got ":"' },
  Q31: { offset: 0, reason: 'expected a netstring length, got "+"' },
  Q32: { offset: 4, reason: 'longer than 65536 bytes' },
  Q34: { offset: 60, reason: 'expected "," after the netstring, got ";"' },
  Q35: { offset: 59, reason: 'the last NUL is missing' },
  Q37: { offset: 60, reason: 'a header has no name' },
  Q38: { offset: 3, reason: 'expected CONTENT_LENGTH as the first header, got "SCGI"' },
  Q39: { offset: 3, reason: 'expected CONTENT_LENGTH as the first header, got "SCGI"' },
  Q40a: { offset: 18, reason: 'decimal digits, got ""' },
  Q40b: { offset: 18, reason: 'decimal digits, got "+5"' },
  Q40c: { offset: 18, reason: 'decimal digits, got "-1"' },
  Q40d: { offset: 18, reason: 'decimal digits, got " 5"' },
  Q40f: { offset: 18, reason: 'decimal digits, got "0x5"' },
  Q40g: { offset: 18, reason: 'decimal digits, got "1e3"' },
  Q42: { offset: 44, reason: 'expected SCGI to be "1", got nothing', hint: 'include scgi_params' },
  Q43: { offset: 60, reason: 'expected SCGI to be "1", got "2"' },
  Q44: { offset: 41, reason: 'expected a REQUEST_METHOD', hint: 'include scgi_params' },
  Q45: { offset: 0, reason: 'got "G"', hint: 'plain HTTP' },
  Q46: { offset: 0, reason: String.raw`got "\x01"`, hint: 'FastCGI' },
  Q48: { offset: 0, reason: String.raw`got "\x16"`, hint: 'TLS' },
};

/** What becomes of the pieces: the request, or the error. */
function outcomeOf(pieces: readonly Buffer[]) {
  try {
    const { head, rest } = parse(pieces);
    return { ...head, env: { ...head.env }, rest };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { message: error.message, offset: error.offset, statusHint: error.statusHint };
  }
}

describe('RequestParser', () => {
  it('has an expectation for each vector', () => {
    expect(accepted.map(({ id }) => id).toSorted()).toEqual(Object.keys(READINGS).toSorted());
    expect(rejected.map(({ id }) => id).toSorted()).toEqual(Object.keys(REFUSALS).toSorted());
  });

  it.each(accepted)('reads $id, $title', (vector) => {
    const expected = READINGS[vector.id]!;
    const bytes = of(vector);
    for (const pieces of [[bytes], byteByByte(bytes)]) {
      const { head, rest } = parse(pieces);
      expect({ ...head.env }).toEqual({ SCGI: '1', ...expected.env });
      expect(head.bodySize).toBe(expected.bodySize);
      expect(head.bodyLengthUncertain).toBe(vector.id === 'Q27');
      expect(rest).toBe(expected.rest);
    }
  });

  it.each(rejected)('refuses $id, $title', (vector) => {
    const { offset, reason, hint } = REFUSALS[vector.id]!;
    const bytes = of(vector);
    for (const pieces of [[bytes], byteByByte(bytes)]) {
      const error = thrownBy(() => parse(pieces));
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error).toMatchObject({ offset, statusHint: vector.verdict });
      expect(String(error)).toContain(reason);
      const found = (error as ProtocolError).hint;
      expect(found === undefined).toBe(hint === undefined);
      expect(found ?? '').toContain(hint ?? '');
    }
  });

  it('leaves what follows the header block untouched, and does not copy it', () => {
    const bytes = Buffer.concat([of(accepted[0]!), Buffer.from('3:abc,')]);
    const parsed = new RequestParser().feed(bytes);
    expect(parsed?.rest.toString()).toBe('What is the answer to life?3:abc,');
    expect(parsed?.rest.buffer).toBe(bytes.buffer);
  });

  it('reads the same request and refuses at the same byte, however the bytes are cut', () => {
    const vectors = fc.constantFrom(...REQUEST_VECTORS);
    fc.assert(
      fc.property(vectors, cutPlaces(160), (vector, places) => {
        const bytes = of(vector);
        const cuts = places.map((place) => Math.min(place, bytes.length));
        expect(outcomeOf(cutAt(bytes, cuts))).toEqual(outcomeOf([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses as soon as the wrong byte is seen', () => {
    const parser = new RequestParser();
    expect(parser.feed(Buffer.from('5'))).toBeUndefined();
    expect(thrownBy(() => parser.feed(Buffer.from('x')))).toBeInstanceOf(ProtocolError);
  });

  it('takes a header block of exactly the limit and refuses one byte more', () => {
    const bytes = encodeRequest([['REQUEST_METHOD', 'GET']], 0);
    const size = bytes.length - '42:,'.length;
    expect(parse([bytes], new RequestParser({ maxHeaderBytes: size })).head.bodySize).toBe(0);
    const error = thrownBy(() => parse([bytes], new RequestParser({ maxHeaderBytes: size - 1 })));
    expect(error).toMatchObject({ statusHint: 431 });
  });

  it('has a default limit of 64 KiB', () => {
    expect(DEFAULT_MAX_HEADER_BYTES).toBe(65_536);
    expect(new RequestParser().feed(Buffer.from('65536:'))).toBeUndefined();
    expect(thrownBy(() => new RequestParser().feed(Buffer.from('65537:')))).toMatchObject({
      statusHint: 431,
      offset: 4,
    });
  });

  it('counts the bytes, so that an empty connection is told from a broken one', () => {
    const parser = new RequestParser();
    expect(parser.bytesReceived).toBe(0);
    parser.feed(Buffer.alloc(0));
    expect(parser.bytesReceived).toBe(0);
    parser.feed(Buffer.from('57:CONT'));
    expect(parser.bytesReceived).toBe(7);
  });

  it('cannot be fed after it returned a request', () => {
    const parser = new RequestParser();
    parse([of(accepted[0]!)], parser);
    expect(thrownBy(() => parser.feed(Buffer.from('x')))).toBeInstanceOf(InternalError);
  });

  it('cannot be fed after it threw, be it in the netstring or in the header block', () => {
    for (const vector of rejected) {
      const parser = new RequestParser();
      thrownBy(() => parse([of(vector)], parser));
      expect(thrownBy(() => parser.feed(Buffer.from('x')))).toBeInstanceOf(InternalError);
    }
  });
});
