import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHeaderBlock,
  encodeHeaderBlock,
  UNBUFFERED_UPLOAD_HINT,
} from '../../../src/protocol/header-block.ts';
import { latin1, thrownBy } from './feed.ts';

type Pair = readonly [string, string];

const MINIMAL: readonly Pair[] = [
  ['CONTENT_LENGTH', '0'],
  ['SCGI', '1'],
  ['REQUEST_METHOD', 'GET'],
];

const block = (...more: Pair[]) => encodeHeaderBlock([...MINIMAL, ...more]);
const withLength = (length: string, ...more: Pair[]) =>
  encodeHeaderBlock([['CONTENT_LENGTH', length], ...MINIMAL.slice(1), ...more]);
const decodeLengths = (own: string, announced: string) =>
  decodeHeaderBlock(withLength(own, ['HTTP_CONTENT_LENGTH', announced]));
const raw = (text: string) => Buffer.from(text, 'latin1');

describe('decodeHeaderBlock', () => {
  it('gives the variables as a record without a prototype', () => {
    const { env } = decodeHeaderBlock(block(['REQUEST_URI', '/'], ['EMPTY', '']));
    expect(Object.getPrototypeOf(env)).toBeNull();
    expect({ ...env }).toEqual({ ...Object.fromEntries(MINIMAL), REQUEST_URI: '/', EMPTY: '' });
  });

  it('keeps bytes above 0x7f as one character each', () => {
    const { env } = decodeHeaderBlock(block(['PATH_INFO', '/\xc3\xa9\xff\r\n']));
    expect(env['PATH_INFO']).toBe('/\xc3\xa9\xff\r\n');
  });

  it('takes __proto__ and constructor for names like others', () => {
    const { env } = decodeHeaderBlock(block(['__proto__', 'p'], ['constructor', 'c']));
    expect(Object.keys(env)).toEqual(expect.arrayContaining(['__proto__', 'constructor']));
    expect([env['__proto__'], env['constructor']]).toEqual(['p', 'c']);
    expect(Object.getPrototypeOf(env)).toBeNull();
  });

  it('drops HTTP_PROXY, which HTTP libraries take for their proxy setting', () => {
    const { env } = decodeHeaderBlock(block(['HTTP_PROXY', 'evil:1'], ['HTTP_PROXY_X', 'kept']));
    expect('HTTP_PROXY' in env).toBe(false);
    expect(env['HTTP_PROXY_X']).toBe('kept');
  });

  it.each([
    ['0', 0],
    ['27', 27],
    ['0005', 5],
    ['000', 0],
    [String(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER],
  ])('reads CONTENT_LENGTH %s as %d bytes', (text, bodySize) => {
    expect(decodeHeaderBlock(withLength(text)).bodySize).toBe(bodySize);
  });

  it.each(['', '+5', '-1', ' 5', '5 ', '0x5', '1e3', '5.0', '\xb2', '5,5'])(
    'rejects CONTENT_LENGTH %j with 400',
    (text) => {
      const error = thrownBy(() => decodeHeaderBlock(withLength(text), 10));
      expect(error).toMatchObject({ statusHint: 400, offset: 25 });
      expect(String(error)).toContain('expected CONTENT_LENGTH to be decimal digits');
    },
  );

  it.each(['9007199254740992', '99999999999999999999', '9'.repeat(400)])(
    'rejects CONTENT_LENGTH %s, which no number holds, with 413',
    (text) => {
      expect(thrownBy(() => decodeHeaderBlock(withLength(text)))).toMatchObject({
        statusHint: 413,
        offset: 15,
      });
    },
  );

  it('rejects a length below the one that the user agent announced, and names the cause', () => {
    expect(thrownBy(() => decodeLengths('10', '50'))).toMatchObject({
      statusHint: 400,
      hint: UNBUFFERED_UPLOAD_HINT,
    });
    expect(UNBUFFERED_UPLOAD_HINT).toContain('nginx older than 1.29.6');
    expect(thrownBy(() => decodeLengths('10', '9'.repeat(30)))).toMatchObject({ statusHint: 400 });
    expect(decodeLengths('50', '50').bodySize).toBe(50);
    expect(decodeLengths('50', '10').bodySize).toBe(50);
    expect(decodeLengths('10', 'abc').bodySize).toBe(10);
    expect(decodeLengths('10', '').bodySize).toBe(10);
  });

  it('marks an empty body that the user agent announced as not empty', () => {
    expect(decodeLengths('0', '8').bodyLengthUncertain).toBe(true);
    expect(decodeLengths('0', '0').bodyLengthUncertain).toBe(false);
    expect(decodeLengths('8', '8').bodyLengthUncertain).toBe(false);
    expect(decodeHeaderBlock(block()).bodyLengthUncertain).toBe(false);
  });

  it('quotes strange values escaped and cut', () => {
    const error = thrownBy(() => decodeHeaderBlock(withLength(`\x1b[31m${'x'.repeat(200)}`)));
    expect(String(error)).toContain(String.raw`"\x1b[31mxxx`);
    expect(String(error).length).toBeLessThan(130);
  });

  it('rejects a name with two contradicting values at the second', () => {
    expect(thrownBy(() => decodeHeaderBlock(block(['SCGI', '2']), 100))).toMatchObject({
      statusHint: 400,
      offset: 100 + block().length,
      message: '"SCGI" has two values: "1" and "2"',
    });
  });

  it.each([
    ['CONTENT_LENGTH\x000\x00SCGI\x001\x00NAME', 'the last NUL is missing'],
    ['CONTENT_LENGTH\x000\x00SCGI\x001\x00NAME\x00', 'the last NUL is missing'],
    ['CONTENT_LENGTH\x000\x00SCGI\x001\x00NAME\x00value', 'the last NUL is missing'],
    ['CONTENT_LENGTH\x00', 'the last NUL is missing'],
    ['CONTENT_LENGTH', 'CONTENT_LENGTH as the first header'],
    ['', 'CONTENT_LENGTH as the first header, got ""'],
    ['SCGI\x001\x00', 'CONTENT_LENGTH as the first header, got "SCGI"'],
    ['CONTENT_LENGTHS\x000\x00', 'got "CONTENT_LENGTHS"'],
    ['CONTENT_LENGTH\x000\x00\x00v\x00', 'a header has no name'],
    ['CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00\x00', 'REQUEST_METHOD'],
  ])('rejects the block %j', (text, message) => {
    const error = thrownBy(() => decodeHeaderBlock(raw(text)));
    expect(error).toMatchObject({ code: 'ERR_SCGI_PROTOCOL', statusHint: 400 });
    expect(String(error)).toContain(message);
  });
});

describe('encodeHeaderBlock', () => {
  it('writes names and values with a NUL behind each', () => {
    expect(
      encodeHeaderBlock([
        ['A', 'b'],
        ['C', '\xe9'],
      ]),
    ).toEqual(raw('A\0b\0C\0\xe9\0'));
    expect(encodeHeaderBlock([]).length).toBe(0);
  });

  it.each<[string, string, string]>([
    ['', 'v', 'needs a name'],
    ['A\0', 'v', 'contains a NUL'],
    ['\0A', 'v', 'contains a NUL'],
    ['A', 'v\0', 'contains a NUL'],
    ['A', '\0v', 'contains a NUL'],
    ['A', '\u20ac', 'above U+00FF'],
    ['\u0100', 'v', 'above U+00FF'],
  ])('refuses the pair %j=%j', (name, value, message) => {
    const error = thrownBy(() => encodeHeaderBlock([[name, value]]));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(message);
  });

  it('is undone by decodeHeaderBlock for any environment', () => {
    const environments = fc.dictionary(latin1(1, 1), latin1(0, 1), { noNullPrototype: false });
    fc.assert(
      fc.property(environments, fc.nat(), (extra, bodySize) => {
        const { HTTP_PROXY: _dropped, HTTP_CONTENT_LENGTH: _checked, ...rest } = extra;
        const pairs = new Map([
          ['CONTENT_LENGTH', String(bodySize)],
          ...Object.entries(rest).filter(([name]) => name !== 'CONTENT_LENGTH'),
          ['SCGI', '1'],
          ['REQUEST_METHOD', 'GET'],
        ] as Pair[]);
        const head = decodeHeaderBlock(encodeHeaderBlock(pairs));
        expect(new Map(Object.entries(head.env))).toEqual(pairs);
        expect(head).toMatchObject({ bodySize, bodyLengthUncertain: false });
      }),
    );
  });
});
