import { describe, expect, it } from 'vitest';
import { recogniseForeignProtocol } from '../../../src/protocol/foreign-protocol.ts';

const recognise = (text: string) => recogniseForeignProtocol(Buffer.from(text, 'latin1'));

describe('recogniseForeignProtocol', () => {
  it.each([
    ['GET / HTTP/1.1\r\n', 'plain HTTP'],
    ['POST /', 'plain HTTP'],
    ['PUT /', 'plain HTTP'],
    ['get /', 'plain HTTP'],
    ['G', 'plain HTTP'],
    ['Zz', 'plain HTTP'],
    ['\x01\x01\0\x01\0\x08\0\0', 'FastCGI'],
    ['\0\x2b\x01\0', 'uwsgi'],
    ['\x16\x03\x01\x02\0\x01', 'TLS'],
    ['PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n', 'the PROXY protocol'],
    ['\r\n\r\n\0\r\nQUIT\n', 'the PROXY protocol'],
  ])('names the protocol of %j', (start, name) => {
    expect(recognise(start)).toMatch(new RegExp(`^this looks like ${name}: `));
  });

  it.each(['+24:', ' 24:', ':', '\r\n', '\x02', '@', '[', '`', '{', '\xc1', ''])(
    'is silent about %j',
    (start) => {
      expect(recognise(start)).toBeUndefined();
    },
  );
});
