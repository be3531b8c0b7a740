// What becomes of what a fetch handler returns, on either path of a connection.

import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fetch } from '../../src/gateway/handler.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Serve } from './connection-parts.ts';
import { dial, lastOutcome, POST } from './connection-parts.ts';
import { ask, PATHS, serveFetch } from './fetch-parts.ts';

/** The error that a handler made, and was answered with 500 for. */
async function failure(serve: Serve, fetch: unknown): Promise<unknown> {
  const served = await serveFetch(serve, fetch);
  expect((await request(served.address)).status).toBe(500);
  return (await lastOutcome(served)).error;
}

async function later(work: () => unknown): Promise<void> {
  await delay(10);
  await work();
}

/** What a peer gets of a body that is returned a little later. */
async function textOf(serve: Serve, given: Buffer | Blob | URLSearchParams): Promise<string> {
  const { body } = await ask(serve, async () => {
    await delay(1);
    return new Response(given);
  });
  return body.toString();
}

/** A server that answers in gzip, until the test is over. */
async function startUpstream(text: string): Promise<string> {
  const upstream = createServer((_request, response) => {
    response.setHeader('Content-Encoding', 'gzip').end(gzipSync(text));
  });
  await new Promise<void>((resolve) => {
    upstream.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void upstream.close());
  return `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
}

describe.each(PATHS)('on %s a fetch handler may return a Response', (_path, serve) => {
  it('with a length, when its body is there at once', async () => {
    const { headers, body } = await ask(serve, () => new Response('h\u00e9llo'));
    expect(headers.get('status')).toEqual(['200 OK']);
    expect(headers.get('content-type')).toEqual(['text/plain;charset=UTF-8']);
    expect(headers.get('content-length')).toEqual(['6']);
    expect(body.toString()).toBe('h\u00e9llo');
  });

  it('with a status, a reason and header fields in latin-1', async () => {
    const init = { status: 404, statusText: 'Nothing H\xe9re', headers: { 'x-latin': 'caf\xe9' } };
    const { raw } = await ask(serve, () => new Response(null, init));
    expect(raw.toString('latin1')).toBe(
      'Status: 404 Nothing H\xe9re\r\nx-latin: caf\xe9\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it.each([204, 205, 304])('with the status %i and no body', async (status) => {
    const answer = await ask(serve, () => new Response(null, { status }));
    expect([answer.status, answer.body.length]).toEqual([status, 0]);
  });

  it('that is a redirect', async () => {
    const { status, headers } = await ask(serve, () =>
      Response.redirect('http://a.example/x', 303),
    );
    expect([status, headers.get('location')]).toEqual([303, ['http://a.example/x']]);
  });

  it('that is late, and of any kind of body', async () => {
    expect(await textOf(serve, Buffer.from('bytes'))).toBe('bytes');
    expect(await textOf(serve, new Blob(['blob']))).toBe('blob');
    expect(await textOf(serve, new URLSearchParams({ a: 'b' }))).toBe('a=b');
  });

  it('whose body is cancelled when it comes after the response was cut', async () => {
    let answer: ((response: Response) => void) | undefined;
    let isCancelled = false;
    const late: Fetch = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const served = await serveFetch(serve, late);
    const socket = dial(served.address);
    socket.write(encodeScgi(POST, 10));
    await waitFor('the handler', () => answer !== undefined);
    socket.destroy();
    await lastOutcome(served);
    answer?.(new Response(new ReadableStream({ cancel: () => void (isCancelled = true) })));
    await waitFor('the end of the body', () => isCancelled);
  });

  it('of another library cannot add to the head by its reason', async () => {
    const response = { status: 200, statusText: 'OK\r\nX-Evil: 1', headers: {}, body: null };
    const { status, headers } = await ask(serve, () => response);
    expect([status, headers.has('x-evil')]).toEqual([200, false]);
  });

  it('whose body is cancelled, not read, for HEAD', async () => {
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.alloc(1000)),
      cancel: () => void (cancelled = true),
    });
    const headers = { 'content-length': '5000' };
    const fetch: Fetch = () => new Response(endless, { headers });
    const answer = await ask(serve, fetch, { method: 'HEAD' });
    expect([answer.status, answer.body.length, cancelled]).toEqual([200, 0, true]);
    expect(answer.headers.get('content-length')).toEqual(['5000']);
  });

  it('of another realm, or of a library', async () => {
    const foreign: unknown = runInNewContext(
      '({ status: 201, headers: [["a", "1"]], body: null })',
    );
    expect((await ask(serve, () => foreign)).headers.get('a')).toEqual(['1']);

    const headers = Object.assign(new Map([['set-cookie', 'a=1, b=2']]), {
      getSetCookie: () => ['a=1', 'b=2'],
    });
    const body = Readable.from([Buffer.from('x'), Buffer.from('y')]);
    const other = await ask(serve, () => ({ status: 200, headers, body }));
    expect(other.headers.get('set-cookie')).toEqual(['a=1', 'b=2']);
    expect(other.body.toString()).toBe('xy');
  });

  it('that fetch() has received, although that has decoded it', async () => {
    const url = await startUpstream('decoded');
    const answer = await ask(serve, () => fetch(url));
    expect(answer.headers.has('content-encoding')).toBe(false);
    expect(answer.body.toString()).toBe('decoded');
  });

  it('that keeps the encoding which the handler has given it', async () => {
    const headers = { 'content-encoding': 'gzip' };
    const answer = await ask(serve, () => new Response(gzipSync('encoded'), { headers }));
    expect(answer.headers.get('content-encoding')).toEqual(['gzip']);
    expect(answer.body.equals(gzipSync('encoded'))).toBe(true);
  });

  it('and keep its place until what waitUntil() was given has settled', async () => {
    const done: string[] = [];
    const gate = new EventEmitter();
    const fetch: Fetch = (_request, _env, context) => {
      const second = async (): Promise<void> => {
        await once(gate, 'open');
        context.waitUntil(later(() => done.push('second')));
      };
      context.waitUntil(second());
      context.waitUntil(Promise.reject(new Error('lost')));
      return new Response('answered');
    };
    const served = await serveFetch(serve, fetch);
    expect((await request(served.address)).body.toString()).toBe('answered');
    expect(served.outcomes).toEqual([]);
    gate.emit('open');
    expect((await lastOutcome(served)).kind).toBe('answered');
    expect(done).toEqual(['second']);
  });
});

describe.each(PATHS)('on %s a fetch handler', (_path, serve) => {
  it.each([
    [undefined, 'undefined'],
    ['text', 'string'],
    [{ status: 200, body: 'text' }, 'object with status, body'],
    [{ status: 200, headers: {}, body: 'text' }, 'object with status, headers, body'],
  ])('that returns %j is told what it returned', async (returned, what) => {
    const message = `expected fetch() to return a Response, got ${what}`;
    expect(await failure(serve, () => returned)).toMatchObject({ message });
  });

  it('that returns a network error is told that it is none', async () => {
    expect(await failure(serve, () => Response.error())).toMatchObject({
      message: expect.stringMatching(/expected a status .*got "0"/) as string,
    });
  });

  it('that returns the same Response twice is told to make another', async () => {
    const same = new Response('once');
    const { address, outcomes } = await serveFetch(serve, () => same);
    expect((await request(address)).body.toString()).toBe('once');
    expect((await request(address)).status).toBe(500);
    expect((await waitFor('two outcomes', () => outcomes[1])).error).toMatchObject({
      message: expect.stringMatching(/return a new Response for every request/) as string,
    });
  });

  it('that returns header fields which would become others is refused', async () => {
    const headers = [['x', 'y\r\nset-cookie: a=1']];
    const error = await failure(serve, () => ({ status: 200, headers, body: null }));
    expect(error).toBeInstanceOf(TypeError);
  });

  it('whose body has text in it is told what bodies are made of', async () => {
    const text = new ReadableStream({ start: (controller) => controller.enqueue('text') });
    expect(await failure(serve, () => new Response(text))).toMatchObject({
      message: expect.stringMatching(/to be bytes \(Uint8Array\), got .*string$/) as string,
    });
  });

  it('whose body fails at once gets a 500, not half of an answer', async () => {
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error('no')) });
    expect(await failure(serve, () => new Response(broken))).toMatchObject({ message: 'no' });
  });

  it('whose body fails in the middle is cut', async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('half')),
      pull: () =>
        later(() => {
          throw new Error('the rest is lost');
        }),
    });
    const served = await serveFetch(serve, () => new Response(body));
    const { bytes } = await rawExchange(served.address, encodeScgi({ REQUEST_METHOD: 'GET' }));
    expect(bytes.toString()).toMatch(/\r\n\r\nhalf$/);
    expect(await lastOutcome(served)).toMatchObject({ kind: 'handler-failed', cut: true });
  });
});
