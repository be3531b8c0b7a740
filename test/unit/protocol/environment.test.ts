import { describe, expect, it } from 'vitest';
import { mergeValues } from '../../../src/protocol/environment.ts';

describe('mergeValues', () => {
  it.each<[string, [string, string], string]>([
    ['FOO', ['a', 'b'], 'b'],
    ['FOO', ['a', ''], ''],
    ['HTTP_X', ['a', 'b'], 'a, b'],
    ['HTTP_COOKIE', ['a=1', 'b=2'], 'a=1; b=2'],
    ['HTTP_X', ['same', 'same'], 'same'],
    ['HTTPS', ['off', 'on'], 'on'],
    ['CONTENT_LENGTH', ['5', ''], '5'],
    ['CONTENT_LENGTH', ['5', '5'], '5'],
  ])('makes one of %s=%j', (name, [first, second], merged) => {
    expect(mergeValues(name, first, second)).toBe(merged);
  });

  it.each([
    ['CONTENT_LENGTH', '5', '6'],
    ['CONTENT_LENGTH', '', '5'],
    ['SCGI', '1', ''],
    ['REQUEST_METHOD', 'GET', 'POST'],
    ['REQUEST_URI', '/a', '/b'],
    ['SERVER_PROTOCOL', 'HTTP/1.0', 'HTTP/1.1'],
    ['HTTP_HOST', 'a', 'b'],
    ['HTTP_CONTENT_LENGTH', '1', ''],
  ])('finds a contradiction in %s=%j and %j', (name, first, second) => {
    expect(mergeValues(name, first, second)).toBeUndefined();
  });
});
