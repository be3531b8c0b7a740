import { describe, expect, it } from 'vitest';
import { decodePath } from '../../../src/protocol/request-path.ts';

describe('decodePath', () => {
  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/', '/a/'],
    ['/a%2Fb', '/a/b'],
    ['/a//b///c', '/a/b/c'],
    ['//evil.example/p', '/evil.example/p'],
    ['/a/../c', '/c'],
    ['/a/%2e%2E/c', '/c'],
    ['/a/b/..', '/a/'],
    ['/a/.', '/a/'],
    ['/a/..', '/'],
    ['/a%3Fb', '/a?b'],
    ['/a%20b+c', '/a b+c'],
    ['/a;p=1', '/a;p=1'],
    ['/caf%C3%A9', '/caf\xc3\xa9'],
    ['/%FF%FE', '/\xff\xfe'],
    ['/a%0d%0ab', '/a\r\nb'],
    ['/%252e', '/%2e'],
    ['/...', '/...'],
  ])('decodes and normalises %s once, as nginx does', (raw, path) => {
    expect(decodePath(raw)).toBe(path);
  });

  it.each(['', 'a', '*', '/a%zz', '/a%', '/a%4', '/a%00b', '/..', '/a/../../b', '/%2e%2e/etc'])(
    'refuses %j, as nginx does',
    (raw) => {
      expect(decodePath(raw)).toBeUndefined();
    },
  );
});
