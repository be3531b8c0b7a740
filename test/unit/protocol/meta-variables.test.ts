import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headersFromEnvironment, requestTarget } from '../../../src/protocol/meta-variables.ts';
import { RequestParser } from '../../../src/protocol/request-parser.ts';
import { REQUEST_VECTORS, unescapeBytes } from '../../corpus/requests.ts';
import { latin1 } from './feed.ts';

/** The environment of a vector. */
function envOf(id: string) {
  const vector = REQUEST_VECTORS.find((candidate) => candidate.id === id)!;
  const parsed = new RequestParser().feed(unescapeBytes(vector.bytes));
  return parsed!.head.env;
}

describe('headersFromEnvironment', () => {
  it('takes an empty CONTENT_TYPE for an absent header (Q04)', () => {
    expect({ ...headersFromEnvironment(envOf('Q04')) }).toEqual({ 'content-length': '0' });
  });

  it('gives merged headers under their lower-case names (Q06, Q14)', () => {
    expect(headersFromEnvironment(envOf('Q06'))).toMatchObject({
      cookie: 'a=1; b=2',
      'x-dup': 'one, two',
    });
    expect({ ...headersFromEnvironment(envOf('Q14')) }).toEqual({
      'content-length': '0',
      'x.dot': 'd',
    });
  });

  it('takes type and length of the content from their own variables only', () => {
    const spoofed = {
      HTTP_CONTENT_TYPE: 'a/b',
      HTTP_CONTENT_LENGTH: '9',
      'HTTP_CONTENT-TYPE': 'c/d',
    };
    expect({ ...headersFromEnvironment(spoofed) }).toEqual({});
    expect({
      ...headersFromEnvironment({ CONTENT_TYPE: 'text/plain', CONTENT_LENGTH: '5', ...spoofed }),
    }).toEqual({ 'content-type': 'text/plain', 'content-length': '5' });
  });

  it('hides what concerns the hop only', () => {
    const hidden = ['TRANSFER_ENCODING', 'TE', 'CONNECTION', 'KEEP_ALIVE', 'EXPECT', 'UPGRADE'];
    const env = Object.fromEntries(hidden.map((name) => [`HTTP_${name}`, 'x']));
    expect({ ...headersFromEnvironment({ ...env, HTTP_TEA: 'y' }) }).toEqual({ tea: 'y' });
  });

  it('ignores other variables and a name that is empty', () => {
    expect({ ...headersFromEnvironment({ HTTP_: 'x', HTTPS: 'on', PATH: '/bin' }) }).toEqual({});
  });

  it('gives a record without a prototype', () => {
    const headers = headersFromEnvironment({ HTTP___PROTO__: 'x', HTTP_CONSTRUCTOR: 'y' });
    expect(Object.getPrototypeOf(headers)).toBeNull();
    expect({ ...headers }).toEqual({ '--proto--': 'x', constructor: 'y' });
  });
});

describe('requestTarget', () => {
  it.each([
    ['Q16', { host: 'abs.example:81', path: '/x/z', query: 'q' }],
    ['Q17', { host: 'front.example', path: '//evil.example/p', query: undefined }],
    ['Q19', { host: 'front.example', path: '/x/a%', query: undefined }],
    ['Q20', { host: undefined, path: '/app/a%20b', query: 'q=1' }],
  ])('reads the target of %s', (id, target) => {
    expect(requestTarget(envOf(id))).toEqual({ scheme: 'http', ...target });
  });

  it.each([
    ['/', '/', undefined],
    ['/a?', '/a', ''],
    ['/a?b?c', '/a', 'b?c'],
    ['/a#f?x', '/a', undefined],
    ['/a?b#f', '/a', 'b'],
    ['/a/../b//c%2f\xff"', '/a/../b//c%2f\xff"', undefined],
    ['*', '*', undefined],
    ['http://h', '/', undefined],
    ['HTTPS://h?q', '/', 'q'],
    ['http://h:1/p', '/p', undefined],
    ['/r?to=http://h/x', '/r', 'to=http://h/x'],
    ['.evil.example/p', '/.evil.example/p', undefined],
    ['?q', '/', 'q'],
    ['#f', '/', undefined],
  ])('splits REQUEST_URI %j', (uri, path, query) => {
    expect(requestTarget({ REQUEST_URI: uri })).toMatchObject({ path, query });
  });

  it.each([
    [{}, '/', undefined],
    [{ REQUEST_URI: '', PATH_INFO: '/p' }, '/p', undefined],
    [{ SCRIPT_NAME: '/s', QUERY_STRING: '' }, '/s', undefined],
    [{ PATH_INFO: 'p', QUERY_STRING: 'a=%20' }, '/p', 'a=%20'],
    [{ PATH_INFO: '/%?#\xe9\r\n;=~' }, '/%25%3F%23%E9%0D%0A;=~', undefined],
  ])('rebuilds the target from %j', (env, path, query) => {
    expect(requestTarget(env)).toMatchObject({ path, query });
  });

  it.each([
    [{}, 'http'],
    [{ HTTPS: 'on' }, 'https'],
    [{ HTTPS: '1' }, 'https'],
    [{ HTTPS: 'off' }, 'http'],
    [{ HTTPS: '' }, 'http'],
    [{ REQUEST_SCHEME: 'https' }, 'https'],
    [{ REQUEST_SCHEME: 'http' }, 'http'],
    [{ HTTP_HTTPS: 'on', HTTP_X_FORWARDED_PROTO: 'https' }, 'http'],
  ])('finds the scheme of %j', (env, scheme) => {
    expect(requestTarget(env).scheme).toBe(scheme);
  });

  it.each([
    [{ HTTP_HOST: 'a.example:8080', SERVER_NAME: 'b' }, 'a.example:8080'],
    [{ HTTP_HOST: '[::1]:80' }, '[::1]:80'],
    [{ HTTP_HOST: 'a b', SERVER_NAME: 'b' }, 'b'],
    [{ HTTP_HOST: 'a/b' }, undefined],
    [{ HTTP_HOST: 'user@a' }, undefined],
    [{ HTTP_HOST: '', SERVER_NAME: 'b', SERVER_PORT: '80' }, 'b'],
    [{ SERVER_NAME: 'b', SERVER_PORT: '8080' }, 'b:8080'],
    [{ SERVER_NAME: 'b', SERVER_PORT: '443', HTTPS: 'on' }, 'b'],
    [{ SERVER_NAME: 'b', SERVER_PORT: '443' }, 'b:443'],
    [{ SERVER_NAME: '::1', SERVER_PORT: '81' }, '[::1]:81'],
    [{ SERVER_NAME: '[::1]' }, '[::1]'],
    [{ SERVER_NAME: 'b', SERVER_PORT: 'x' }, undefined],
    [{ SERVER_NAME: '' }, undefined],
  ])('finds the host of %j', (env, host) => {
    expect(requestTarget(env).host).toBe(host);
  });

  it('never throws and never lets the path run into the host', () => {
    fc.assert(
      fc.property(latin1(), latin1(), latin1(), (uri, pathInfo, host) => {
        const { path } = requestTarget({ REQUEST_URI: uri, PATH_INFO: pathInfo, HTTP_HOST: host });
        expect(path === '*' || path.startsWith('/')).toBe(true);
      }),
    );
  });
});
