import { describe, expect, it } from 'vitest';
import { environmentOf, type HttpRequest } from '../../../src/http-gateway/environment.ts';

const listener = { host: '127.0.0.1', port: 8080 };

function environment(request: Partial<HttpRequest> = {}): Record<string, string> {
  const pairs = environmentOf(
    {
      method: 'GET',
      target: '/',
      httpVersion: '1.1',
      rawHeaders: [],
      remoteAddress: '127.0.0.1',
      remotePort: 50_000,
      ...request,
    },
    listener,
  );
  expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
  return Object.fromEntries(pairs);
}

/** Header lines as `rawHeaders` has them. */
function lines(text: string): string[] {
  const found = text.trim().split('\n');
  return found.flatMap((line) => line.split(/:(.*)/).slice(0, 2)).map((part) => part.trim());
}

describe('environmentOf', () => {
  it('sends what a web server sends, for one whole request', () => {
    const rawHeaders = lines(`
      Host: front.example:8080
      User-Agent: T/1
      Cookie: a=1
      Cookie: b=2
      X-Dup: one
      x-dup: two
      X_Under: u
      X.Dot: d
      X-Foo-Bar: v1
      X-Empty:
      Proxy: http://evil/
      Authorization: Basic Ym9iOnB3
      Content-Type: text/plain
      Content-Length: 2
      Connection: close, X-Hop
      X-Hop: 1
      Keep-Alive: 5
      TE: trailers
      Upgrade: h2c
      Expect: 100-continue
      Transfer-Encoding: chunked
      Trailer: X
      Proxy-Connection: close
      Proxy-Authorization: Basic Ym9iOnB3`);
    expect(environment({ method: 'POST', target: '/x/caf%C3%A9?q=1', rawHeaders })).toEqual({
      REQUEST_METHOD: 'POST',
      REQUEST_URI: '/x/caf%C3%A9?q=1',
      QUERY_STRING: 'q=1',
      CONTENT_TYPE: 'text/plain',
      SCRIPT_NAME: '',
      PATH_INFO: '/x/caf\xc3\xa9',
      DOCUMENT_URI: '/x/caf\xc3\xa9',
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_SOFTWARE: 'scgi-server',
      GATEWAY_INTERFACE: 'CGI/1.1',
      REQUEST_SCHEME: 'http',
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_PORT: '50000',
      SERVER_NAME: 'front.example',
      SERVER_PORT: '8080',
      HTTP_HOST: 'front.example:8080',
      HTTP_USER_AGENT: 'T/1',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_X_DUP: 'one, two',
      HTTP_X_FOO_BAR: 'v1',
      HTTP_X_EMPTY: '',
      HTTP_AUTHORIZATION: 'Basic Ym9iOnB3',
    });
  });

  it.each([
    ['/', { uri: '/', path: '/', query: '' }],
    ['/a?', { uri: '/a?', path: '/a', query: '' }],
    ['/a?b?c=%20', { uri: '/a?b?c=%20', path: '/a', query: 'b?c=%20' }],
    ['/a#f?q', { uri: '/a#f?q', path: '/a', query: '' }],
    ['//evil.example/p', { uri: '//evil.example/p', path: '/evil.example/p', query: '' }],
    ['http://abs.example:81/x/z?q', { uri: '/x/z?q', path: '/x/z', query: 'q' }],
    ['HTTP://abs.example', { uri: '/', path: '/', query: '' }],
    ['http://abs.example?q', { uri: '/?q', path: '/', query: 'q' }],
  ])('takes the target %s apart', (target, { uri, path, query }) => {
    const env = environment({ target });
    expect([env['REQUEST_URI'], env['PATH_INFO'], env['QUERY_STRING']]).toEqual([uri, path, query]);
  });

  it('lets the host of an absolute target win over the Host header (RFC 9112 §3.2.2)', () => {
    const env = environment({ target: 'http://abs.example:81/', rawHeaders: ['Host', 'other'] });
    expect(env).toMatchObject({ HTTP_HOST: 'abs.example:81', SERVER_NAME: 'abs.example' });
  });

  it.each([
    [['Host', 'a.example'], 'a.example'],
    [['host', 'a.example:1'], 'a.example'],
    [['Host', '[::1]:8080'], '[::1]'],
    [['Host', 'a b'], '127.0.0.1'],
    [['Host', ''], '127.0.0.1'],
    [[], '127.0.0.1'],
  ])('names the server after %j', (rawHeaders, name) => {
    expect(environment({ rawHeaders })).toMatchObject({ SERVER_NAME: name, SERVER_PORT: '8080' });
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
  ])('names the user agent at %s as a front server would', (remoteAddress, expected) => {
    expect(environment({ remoteAddress })['REMOTE_ADDR']).toBe(expected);
  });

  it('keeps header values as bytes', () => {
    expect(environment({ rawHeaders: ['X-A', 'caf\xc3\xa9 \xff'] })['HTTP_X_A']).toBe(
      'caf\xc3\xa9 \xff',
    );
  });

  it.each([
    { target: '*' },
    { target: '/%00' },
    { target: '/../x' },
    { rawHeaders: ['Host', 'a', 'Host', 'b'] },
  ])('refuses %j with a protocol error', (request) => {
    expect(() => environment(request)).toThrow(
      expect.objectContaining({ code: 'ERR_SCGI_PROTOCOL' }),
    );
  });
});
