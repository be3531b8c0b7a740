// What a fetch handler is given, on either path of a connection.

import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../src/gateway/handler.ts';
import type { PeerRequest } from '../helpers/scgi-peer.ts';
import { encodeScgi, request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Serve } from './connection-parts.ts';
import { dial, lastOutcome } from './connection-parts.ts';
import { ask, PATHS, serveFetch } from './fetch-parts.ts';

/** What the handler has seen of a request, as `look` tells. */
async function see(
  serve: Serve,
  look: (request: Request) => unknown,
  { mount, ...asked }: PeerRequest & { mount?: string },
): Promise<unknown> {
  const fetch: Fetch = async (seen) => Response.json({ saw: await look(seen) });
  const { address } = await serveFetch(serve, fetch, mount);
  const { body } = await request(address, asked);
  return (JSON.parse(body.toString()) as { saw: unknown }).saw;
}

const urlOf = ({ url }: Request): string => url;

describe.each(PATHS)('on %s a fetch handler is given a Request', (_path, serve) => {
  it.each([
    ['/a/b?c=d&e', '/a/b?c=d&e'],
    ['//evil.example/p', '//evil.example/p'],
    ['/a%2Fb;p=%20+', '/a%2Fb;p=%20+'],
    ['/x/a%?b=%zz', '/x/a%?b=%zz'],
    ['/caf\xc3\xa9?q=\xff', '/caf%C3%A9?q=%FF'],
    ['/a b\t\r\nc?d e\tf', '/a%20b%09%0D%0Ac?d%20e%09f'],
    ['/public/..\\admin', '/public/..%5Cadmin'],
    ['/\\evil.example', '/%5Cevil.example'],
    ['/a/../b', '/b'],
    ['/a#b?c', '/a'],
    ['http://other.example/x?y', '/x?y'],
    ['*', '/*'],
  ])('whose URL for %j ends in %j', async (path, expected) => {
    const env = { HTTP_HOST: 'front.example:8080' };
    expect(await see(serve, urlOf, { path, env })).toBe(`http://front.example:8080${expected}`);
  });

  it.each([
    [{ HTTP_HOST: 'a.example', HTTPS: 'on' }, 'https://a.example/'],
    [{ HTTP_HOST: 'a.example', HTTP_X_FORWARDED_PROTO: 'https' }, 'http://a.example/'],
    [{ HTTP_HOST: '[::1]:80' }, 'http://[::1]/'],
    [{ SERVER_NAME: 'b.example', SERVER_PORT: '8080' }, 'http://b.example:8080/'],
    [{ HTTP_HOST: 'a b', SERVER_NAME: 'b.example' }, 'http://b.example/'],
    [{}, 'http://localhost/'],
  ])('whose URL names the host and scheme of %j', async (env, expected) => {
    expect(await see(serve, urlOf, { env })).toBe(expected);
  });

  it('whose URL leaves the mount out', async () => {
    const env = { SCRIPT_NAME: '/app', PATH_INFO: '/a/b' };
    const url = await see(serve, urlOf, { path: '/app/a%2Fb?q', env, mount: '/app' });
    expect(url).toBe('http://localhost/a%2Fb?q');
  });

  it('that has the header fields of the user agent, and not those of the connection', async () => {
    const env = {
      CONTENT_TYPE: 'text/css',
      HTTP_X_LATIN: 'caf\xe9',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_CONNECTION: 'close',
      HTTP_CONTENT_LENGTH: '4',
      HTTPS: 'off',
    };
    const asked = { method: 'POST', env, body: 'four' };
    expect(await see(serve, ({ headers }) => [...headers], asked)).toEqual([
      ['content-length', '4'],
      ['content-type', 'text/css'],
      ['cookie', 'a=1; b=2'],
      ['x-latin', 'caf\xe9'],
    ]);
  });

  it.each(['DELETE', 'PROPFIND', 'QUERY'])('with the method %s and a body', async (method) => {
    const saw = await see(serve, async (seen) => [seen.method, await seen.text()], {
      method,
      body: 'body',
    });
    expect(saw).toEqual([method, 'body']);
  });

  it.each(['GET', 'HEAD'])('without the body that came with %s', async (method) => {
    const bodies: unknown[] = [];
    const fetch: Fetch = ({ body, headers }) => {
      bodies.push(body, headers.get('content-length'));
      return new Response();
    };
    const { status } = await ask(serve, fetch, { method, body: 'x'.repeat(100_000) });
    expect([status, ...bodies]).toEqual([200, null, null]);
  });

  it('whose form can be read', async () => {
    const body = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n';
    const env = { CONTENT_TYPE: 'multipart/form-data; boundary=x' };
    const asked = { method: 'POST', env, body };
    const saw = await see(serve, async (seen) => [...(await seen.formData())], asked);
    expect(saw).toEqual([['a', '1']]);
  });

  it('that is a real one, and can be made into another', async () => {
    const asked = { method: 'POST', path: '/x', body: 'twice' };
    const saw = await see(
      serve,
      async (seen) => {
        const copy = new Request(seen.clone(), { headers: { 'x-more': '1' } });
        return [seen instanceof Request, await copy.text(), await seen.text(), copy.url];
      },
      asked,
    );
    expect(saw).toEqual([true, 'twice', 'twice', 'http://localhost/x']);
  });

  it('whose body fails when the peer leaves in the middle of it', async () => {
    let failure: unknown;
    const served = await serveFetch(serve, async (seen: Request) => {
      await seen.text().catch((error: unknown) => (failure = error));
      return new Response();
    });
    const socket = dial(served.address);
    socket.write(encodeScgi({ REQUEST_METHOD: 'POST', REQUEST_URI: '/' }, 100));
    socket.end('a part');
    await waitFor('the failure', () => failure);
    expect(failure).toMatchObject({ code: 'ERR_SCGI_BODY_TRUNCATED' });
    expect((await lastOutcome(served)).kind).toBe('aborted');
  });

  it('whose signal fires when the peer leaves, in a clone as well', async () => {
    const seen: Request[] = [];
    const served = await serveFetch(serve, async (one: Request) => {
      seen.push(one, one.clone());
      await waitFor('the signal', () => one.signal.aborted);
      return new Response('late');
    });
    const socket = dial(served.address);
    socket.write(encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/' }));
    await waitFor('the handler', () => seen.length > 0);
    expect(seen.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    socket.destroy();
    expect((await lastOutcome(served)).kind).toBe('aborted');
    for (const { signal } of seen) {
      expect(signal.reason).toMatchObject({ code: 'ERR_SCGI_PEER_CLOSED' });
    }
  });

  it.each([
    ['get', {}],
    ['trace', {}],
    ['G T', {}],
    ['GET', { HTTP_HOST: 'a:99999' }],
    ['GET', { 'HTTP_X(Y': 'z' }],
  ])('unless it would not be the one that was sent: %s %j', async (method, env) => {
    let isAsked = false;
    const fetch: Fetch = () => {
      isAsked = true;
      return new Response();
    };
    const { status } = await ask(serve, fetch, { method, env });
    expect([status, isAsked]).toEqual([400, false]);
  });
});
