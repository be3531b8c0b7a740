import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRequest } from '../../../src/protocol/request-encoder.ts';
import { RequestParser } from '../../../src/protocol/request-parser.ts';
import { latin1, thrownBy } from './feed.ts';

describe('encodeRequest', () => {
  it('writes the example of the specification', () => {
    const pairs: Array<[string, string]> = [
      ['REQUEST_METHOD', 'POST'],
      ['REQUEST_URI', '/deepthought'],
    ];
    expect(encodeRequest(pairs, 27).toString('latin1')).toBe(
      '70:CONTENT_LENGTH\x0027\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/deepthought\x00,',
    );
  });

  it('leaves out a CONTENT_LENGTH and SCGI of the caller', () => {
    const pairs: Array<[string, string]> = [
      ['SCGI', '2'],
      ['CONTENT_LENGTH', '9'],
      ['REQUEST_METHOD', 'GET'],
    ];
    expect(encodeRequest(pairs, 0)).toEqual(encodeRequest([['REQUEST_METHOD', 'GET']], 0));
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'refuses the body size %d',
    (bodySize) => {
      expect(thrownBy(() => encodeRequest([], bodySize))).toBeInstanceOf(TypeError);
    },
  );

  it('refuses what a header cannot hold', () => {
    expect(thrownBy(() => encodeRequest([['A', 'x\0y']], 0))).toBeInstanceOf(TypeError);
  });

  it('is undone by the parser: the same environment, body size and rest', () => {
    const environments = fc.array(fc.tuple(latin1(1, 1), latin1(0, 1)));
    fc.assert(
      fc.property(environments, fc.nat(), fc.uint8Array(), (extra, bodySize, body) => {
        const env = new Map(extra.filter(([name]) => !/^HTTP_(PROXY|CONTENT_LENGTH)$/.test(name)));
        env.set('REQUEST_METHOD', 'PUT').delete('SCGI');
        env.delete('CONTENT_LENGTH');
        const bytes = Buffer.concat([encodeRequest(env, bodySize), body]);
        const parsed = new RequestParser().feed(bytes);
        env.set('SCGI', '1').set('CONTENT_LENGTH', String(bodySize));
        expect(new Map(Object.entries(parsed?.head.env ?? {}))).toEqual(env);
        expect(parsed?.head.bodySize).toBe(bodySize);
        expect(parsed?.rest).toEqual(Buffer.from(body));
      }),
    );
  });
});
