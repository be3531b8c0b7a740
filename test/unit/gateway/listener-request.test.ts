import { describe, expect, it } from 'vitest';
import { createRequest } from '../../../src/gateway/listener-request.ts';

const SOCKET = { readableHighWaterMark: 65_536, readable: true, resume: () => SOCKET };

const requestOf = (env: Record<string, string>, bodySize = 0) =>
  createRequest({ REQUEST_METHOD: 'GET', REQUEST_URI: '/', ...env }, bodySize, SOCKET);

describe('the request of a listener', () => {
  it.each([
    ['/a%20b//c/../d?e=%zz', '/a%20b//c/../d?e=%zz'],
    ['/caf\xe9?\xff', '/caf\xe9?\xff'],
    ['//evil.example/p', '//evil.example/p'],
    ['/a?', '/a?'],
    ['*', '*'],
    ['http://host:81/x/z?q', '/x/z?q'],
    ['http://host', '/'],
    ['/a#fragment', '/a'],
  ])('has the URL of REQUEST_URI %s', (uri, url) => {
    expect(requestOf({ REQUEST_URI: uri }).url).toBe(url);
  });

  it('has a URL made of path and query where there is no REQUEST_URI', () => {
    const env = { REQUEST_URI: '', SCRIPT_NAME: '/app', PATH_INFO: '/a b', QUERY_STRING: 'q=1' };
    expect(requestOf(env).url).toBe('/app/a%20b?q=1');
  });

  it.each(['GET', 'get', 'PROPFIND'])('has the method %s as it was sent', (method) => {
    expect(requestOf({ REQUEST_METHOD: method }).method).toBe(method);
  });

  it.each([
    ['HTTP/1.1', '1.1', 1, 1],
    ['HTTP/1.0', '1.0', 1, 0],
    ['HTTP/2.0', '2.0', 2, 0],
    ['', '1.1', 1, 1],
    ['INCLUDED', '1.1', 1, 1],
  ])('has the version of "%s"', (protocol, version, major, minor) => {
    const request = requestOf({ SERVER_PROTOCOL: protocol });
    expect(request.httpVersion).toBe(version);
    expect([request.httpVersionMajor, request.httpVersionMinor]).toEqual([major, minor]);
  });

  it('has the header fields as Node gives them', () => {
    const request = requestOf({
      HTTP_HOST: 'front.example',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_X_DUP: 'one, two',
      'HTTP_X.DOT': 'd',
      HTTP_X_EMPTY: '',
      HTTP_X_8BIT: 'caf\xe9',
      HTTPS: 'on',
      PATH: '/bin',
    });
    const fields = {
      host: 'front.example',
      cookie: 'a=1; b=2',
      'x-dup': 'one, two',
      'x.dot': 'd',
      'x-empty': '',
      'x-8bit': 'caf\xe9',
    };
    expect(request.headers).toEqual(fields);
    // An ordinary object, as Node's: applications call hasOwnProperty on it.
    expect(Object.getPrototypeOf(request.headers)).toBe(Object.prototype);
    expect(request.headersDistinct['x-dup']).toEqual(['one, two']);
    const names = ['Host', 'Cookie', 'X-Dup', 'X.dot', 'X-Empty', 'X-8bit'];
    expect(request.rawHeaders).toEqual(
      Object.values(fields).flatMap((value, i) => [names[i], value]),
    );
  });

  it('takes type and length of the body from their own variables', () => {
    const env = {
      CONTENT_TYPE: 'text/plain',
      CONTENT_LENGTH: '5',
      HTTP_CONTENT_TYPE: 'a/b',
      HTTP_CONTENT_LENGTH: '9',
    };
    const { headers, rawHeaders } = requestOf(env, 5);
    expect(headers).toEqual({ 'content-type': 'text/plain', 'content-length': '5' });
    expect(rawHeaders).toEqual(['Content-Type', 'text/plain', 'Content-Length', '5']);
  });

  it.each([
    [{}, undefined],
    [{ REQUEST_METHOD: 'POST' }, '0'],
    [{ HTTP_CONTENT_LENGTH: '0' }, '0'],
    [{ HTTP_TRANSFER_ENCODING: 'chunked' }, '0'],
  ])('tells an empty body from none: %j', (env, length) => {
    const sent = { CONTENT_LENGTH: '0', CONTENT_TYPE: '', ...env };
    const { headers } = requestOf(sent);
    expect(headers['content-length']).toBe(length);
    expect(headers).not.toHaveProperty('content-type');
    expect(headers).not.toHaveProperty('transfer-encoding');
  });

  it('hides what the user agent says of its connection', () => {
    const hidden = ['CONNECTION', 'KEEP_ALIVE', 'TE', 'EXPECT', 'UPGRADE', 'TRANSFER_ENCODING'];
    const env = Object.fromEntries(hidden.map((name) => [`HTTP_${name}`, 'x']));
    expect(Object.keys(requestOf(env).headers)).toEqual(['content-length']);
  });

  it('is complete at once without a body, and not before its body has come', () => {
    expect(requestOf({}).complete).toBe(true);
    expect(requestOf({}, 5).complete).toBe(false);
  });
});
