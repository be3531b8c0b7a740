// What a listener can do with its request and its response, and what comes of it, on both paths.

import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { finished, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Listener } from '../../src/gateway/from-listener.ts';
import { fromListener } from '../../src/gateway/from-listener.ts';
import { fromServer } from '../../src/gateway/from-server.ts';
import { encodeScgi, rawExchange, request as ask } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { ServedBy } from './connection-parts.ts';
import { dial, GET, lastOutcome, POST } from './connection-parts.ts';
import { overDescriptors, overStreams } from './serve-in-process.ts';

const tcp = () => ({ kind: 'tcp', host: '127.0.0.1', port: 0 }) as const;

const rejects: Listener = async () => Promise.reject(new TypeError('on purpose'));

describe.each([
  ['as a stream', overStreams(tcp)],
  ['directly', overDescriptors(tcp)],
])('a listener, served %s', (_path, serve) => {
  const serveListener = (listener: Listener): Promise<ServedBy> => serve(fromListener(listener));

  it('of a server fails as it would alone, also when it is asynchronous', async () => {
    const server = createServer(rejects);
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const served = await serve(fromServer(server, { file: 'app.mjs', log, mount: '' }));
    expect((await ask(served.address)).status).toBe(500);
    expect(await lastOutcome(served)).toMatchObject({
      kind: 'handler-failed',
      error: { message: 'on purpose' },
    });
  });

  it('gets the classes of Node, and may change their prototypes', async () => {
    let areNodes = false;
    const { address } = await serveListener((request, response) => {
      areNodes = request instanceof IncomingMessage && response instanceof ServerResponse;
      Object.setPrototypeOf(request, Object.create(IncomingMessage.prototype) as object);
      Object.setPrototypeOf(response, Object.create(ServerResponse.prototype) as object);
      response.writeHead(200, { 'Transfer-Encoding': 'chunked' });
      request.pipe(response);
    });
    const answer = await ask(address, { method: 'POST', body: 'echo' });
    expect(areNodes).toBe(true);
    expect(answer.body.toString()).toBe('echo');
  });

  it('may send hints and trailers, which are left out', async () => {
    const called: string[] = [];
    const { address } = await serveListener((_request, response) => {
      response.writeContinue(() => called.push('continue'));
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => called.push('hints'));
      response.writeHead(200, { Trailer: 'X-Sum' });
      response.write('body');
      response.addTrailers({ 'X-Sum': '1' });
      response.end();
    });
    for (const protocol of ['HTTP/1.0', 'HTTP/1.1', 'HTTP/2.0']) {
      const { raw } = await ask(address, { env: { SERVER_PROTOCOL: protocol } });
      expect(raw.toString()).toBe('Status: 200 OK\r\nContent-Length: 4\r\n\r\nbody');
    }
    expect(called.slice(0, 2)).toEqual(['continue', 'hints']);
  });

  it('passes a Date, a reason and repeated fields of its own', async () => {
    const { address } = await serveListener((_request, response) => {
      response.appendHeader('Set-Cookie', 'a=1').appendHeader('Set-Cookie', 'b=2');
      response.writeHead(299, 'Well Done', { Date: 'today', Link: ['<a>', '<b>'] });
      response.end();
    });
    const { raw } = await ask(address);
    expect(raw.toString()).toBe(
      'Status: 299 Well Done\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: today\r\n' +
        'Link: <a>\r\nLink: <b>\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it('is told of room once, after which it can go on in another way', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'a');
    const seen: unknown[] = [];
    const { address } = await serveListener(async (_request, response) => {
      response.on('drain', () => seen.push('drain'));
      response.flushHeaders();
      seen.push(response.write(piece), response.writableNeedDrain);
      await once(response, 'drain');
      seen.push(response.writableNeedDrain);
      Readable.from([piece]).pipe(response);
    });
    const { body } = await ask(address);
    expect(body.equals(Buffer.concat([piece, piece]))).toBe(true);
    expect(seen.slice(0, 4)).toEqual([false, true, 'drain', false]);
  });

  it('lets streams be connected and awaited', async () => {
    const ends: string[] = [];
    const { address } = await serveListener(async (request, response) => {
      finished(request, () => ends.push('request'));
      finished(response, () => ends.push('response'));
      await pipeline(request, response);
      ends.push('pipeline');
    });
    const body = Buffer.alloc(300_000, 'b');
    expect((await ask(address, { method: 'POST', body })).body.equals(body)).toBe(true);
    await waitFor('all ends', () => ends.length === 3);
    expect(ends.sort()).toEqual(['pipeline', 'request', 'response']);
  });

  it('may answer first and read the body on', async () => {
    let body = Buffer.alloc(0);
    const served = await serveListener(async (request, response) => {
      response.end('accepted');
      body = await buffer(request);
    });
    const socket = dial(served.address);
    socket.write(Buffer.concat([encodeScgi(POST, 10), Buffer.from('01234')]));
    await once(socket.resume(), 'end');
    await delay(20);
    expect(served.outcomes.length).toBe(0);
    socket.end('56789');
    expect((await lastOutcome(served)).kind).toBe('answered');
    expect(body.toString()).toBe('0123456789');
  });

  it('does not wait for a body that has been paused when it is answered', async () => {
    const served = await serveListener((request, response) => {
      request.once('data', () => {
        request.pause();
        response.writeHead(413).end();
      });
    });
    const socket = dial(served.address);
    socket.resume().write(Buffer.concat([encodeScgi(POST, 10), Buffer.from('01234')]));
    expect(await lastOutcome(served)).toMatchObject({ kind: 'answered', status: 413 });
    socket.destroy();
  });

  it('is told of silence, if it asks', async () => {
    const { address } = await serveListener((_request, response) => {
      response.setTimeout(50, () => response.writeHead(503).end('too slow'));
    });
    const answer = await ask(address);
    expect([answer.status, answer.body.toString()]).toEqual([503, 'too slow']);
  });

  it('is ended by silence that nobody listens for, as if it were stuck', async () => {
    const served = await serveListener((request) => request.socket.setTimeout(50));
    expect((await ask(served.address)).status).toBe(500);
    expect((await lastOutcome(served)).kind).toBe('response-invalid');
  });

  it.each<[string, Listener]>([
    ['that is no token', (_request, response) => response.writeHead(200, { 'a b': 'c' }).end()],
    [
      'of more than 8190 bytes',
      (_request, response) => response.writeHead(200, { A: 'x'.repeat(9000) }).end(),
    ],
    ['with the status 101', (_request, response) => response.writeHead(101).end()],
  ])('gets a 500 for a header %s', async (_what, listener) => {
    const served = await serveListener(listener);
    expect((await ask(served.address)).status).toBe(500);
    expect((await lastOutcome(served)).status).toBe(500);
  });

  it('closes a response whose head cannot be sent', async () => {
    let hasClosed = false;
    const served = await serveListener((_request, response) => {
      response.on('close', () => (hasClosed = true));
      response.writeHead(200, { A: 'x'.repeat(9000) }).write('half');
    });
    expect((await ask(served.address)).status).toBe(500);
    await lastOutcome(served);
    expect(hasClosed).toBe(true);
  });

  it('delivers a response that was ended although its socket is destroyed then', async () => {
    const body = Buffer.alloc(3_000_000, 'c');
    const { address } = await serveListener((request, response) => {
      response.end(body);
      request.socket.destroy();
    });
    expect((await ask(address)).body.equals(body)).toBe(true);
  });

  it('closes what was never answered when its peer goes', async () => {
    const ends: string[] = [];
    const served = await serveListener((request, response) => {
      request.on('aborted', () => ends.push('aborted'));
      response.on('close', () => ends.push(`closed, destroyed: ${response.destroyed}`));
    });
    const socket = connect(served.address);
    socket.write(encodeScgi(GET));
    await waitFor('the connection', () => served.open() > 0);
    socket.destroy();
    expect(await lastOutcome(served)).toMatchObject({ kind: 'aborted', status: undefined });
    expect(ends).toEqual(['aborted', 'closed, destroyed: true']);
  });

  it('leaves no answer behind for one that is closed at half', async () => {
    const served = await serveListener(async (_request, response) => {
      response.writeHead(200, { 'Content-Length': 100 }).write('half');
      await delay(20);
      response.destroy();
    });
    const { bytes, ended } = await rawExchange(served.address, encodeScgi(GET));
    expect(bytes.toString()).toBe('Status: 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    expect(ended).toBe('reset');
    expect(await lastOutcome(served)).toMatchObject({ kind: 'response-invalid', cut: true });
  });
});
