import { once } from 'node:events';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { sendRequest, type ExchangeOptions } from '../../../src/client/send-request.ts';
import type { ListenAddress } from '../../../src/config/listen-address.ts';
import { ServerError } from '../../../src/errors.ts';
import { startResponder } from './responder.ts';

const OK = 'Status: 200 OK\r\nContent-Type: text/plain\r\n';

function send(
  address: ListenAddress,
  request: { method?: string; body?: Buffer | Readable; bodySize?: number } = {},
  options: Partial<ExchangeOptions> = {},
) {
  const { method = 'GET', body = Buffer.alloc(0) } = request;
  const bodySize = request.bodySize ?? (Buffer.isBuffer(body) ? body.length : 0);
  return sendRequest(
    address,
    { pairs: [['REQUEST_METHOD', method]], body, bodySize },
    { connectTimeoutMs: 2_000, answerTimeoutMs: 2_000, idleTimeoutMs: 2_000, ...options },
  );
}

describe('sendRequest', () => {
  it.each(['tcp', 'unix'] as const)(
    'sends a request and reads its answer over %s',
    async (kind) => {
      const address = await startResponder(async ({ socket, env, readBody }) => {
        const body = await readBody();
        socket.end(`${OK}\r\n${env['REQUEST_METHOD']} ${env['SCGI']} ${String(body)}`);
      }, kind);
      const { head, body } = await send(address, { method: 'POST', body: Buffer.from('hello') });
      expect(head).toMatchObject({
        status: 200,
        reason: 'OK',
        fields: [['Content-Type', 'text/plain']],
      });
      expect(String(await buffer(body))).toBe('POST 1 hello');
    },
  );

  it('streams a body of known size', async () => {
    const address = await startResponder(async ({ socket, readBody }) => {
      socket.end(`${OK}\r\n${(await readBody()).length}`);
    });
    const pieces = Array.from({ length: 20 }, () => Buffer.alloc(50_000, 'x'));
    const { body } = await send(address, { body: Readable.from(pieces), bodySize: 1_000_000 });
    expect(String(await buffer(body))).toBe('1000000');
  });

  it('understands an answer however it is cut into pieces', async () => {
    const answer = Buffer.from(`${OK}Content-Length: 5\r\n\r\nhello`);
    for (let cut = 1; cut < answer.length; cut += 1) {
      const address = await startResponder(({ socket }) => {
        socket.setNoDelay(true);
        socket.write(answer.subarray(0, cut), () => {
          setImmediate(() => socket.end(answer.subarray(cut)));
        });
      });
      const { head, body } = await send(address);
      expect(head.contentLength).toBe(5);
      expect(String(await buffer(body))).toBe('hello');
    }
  });

  it('understands heads with LF and without a status', async () => {
    const address = await startResponder(({ socket }) => {
      socket.end('Content-Type: text/plain\nX-A: caf\xe9\n\nbody', 'latin1');
    });
    const { head, body } = await send(address);
    expect(head).toMatchObject({
      status: 200,
      fields: expect.arrayContaining([['X-A', 'caf\xe9']]),
    });
    expect(String(await buffer(body))).toBe('body');
  });

  it('ends the body at its Content-Length, whatever follows and whether the server closes', async () => {
    const address = await startResponder(({ socket }) => {
      socket.write(`${OK}Content-Length: 5\r\n\r\nhello and more`);
    });
    const { body } = await send(address);
    expect(String(await buffer(body))).toBe('hello');
  });

  it.each([
    ['HEAD', '200 OK'],
    ['GET', '304 Not Modified'],
    ['GET', '204 No Content'],
  ])('expects no body after %s and %s', async (method, status) => {
    const address = await startResponder(({ socket }) => {
      socket.write(`Status: ${status}\r\nContent-Length: 5\r\n\r\n`);
    });
    const { body } = await send(address, { method });
    expect(await buffer(body)).toHaveLength(0);
  });

  it('takes an answer that comes before the request is sent whole', async () => {
    const address = await startResponder(({ socket }) => {
      socket.end('Status: 413 Content Too Large\r\n\r\ntoo large');
      socket.resume();
    });
    const upload = new Readable({ read: () => undefined });
    upload.push(Buffer.alloc(1000));
    const { head, body } = await send(address, { body: upload, bodySize: 1e9 });
    expect(head.status).toBe(413);
    expect(String(await buffer(body))).toBe('too large');
  });

  it('never half-closes its side', async () => {
    let server: Socket | undefined;
    let isHalfClosed = false;
    const address = await startResponder(({ socket }) => {
      server = socket.resume().on('end', () => (isHalfClosed = true));
      socket.write(`${OK}\r\nfirst`);
    });
    const { body } = await send(address);
    await once(body, 'readable');
    server?.end(isHalfClosed ? ' closed' : ' open');
    expect(String(await buffer(body))).toBe('first open');
  });

  it('holds the server back while nobody reads the body', async () => {
    let written = 0;
    const piece = Buffer.alloc(64 * 1024);
    const address = await startResponder(({ socket }) => {
      socket.write(`${OK}\r\n`);
      const pour = () => {
        while (written < 1000 * piece.length && socket.write(piece)) written += piece.length;
      };
      socket.on('drain', pour);
      pour();
    });
    const { body } = await send(address, {}, { idleTimeoutMs: 200 });
    // Nobody reads: the stall is noticed, and by then only buffers were filled.
    await expect(once(body, 'end')).rejects.toMatchObject({ code: 'ERR_SCGI_TIMEOUT' });
    expect(written).toBeLessThan(100 * piece.length);
  });

  it('closes the connection when the body is destroyed or the exchange is given up', async () => {
    const closed: Array<Promise<unknown>> = [];
    const address = await startResponder(({ socket, env }) => {
      closed.push(once(socket, 'close'));
      socket.resume().on('end', () => socket.end());
      if (env['REQUEST_METHOD'] === 'GET') socket.write(`${OK}\r\nfirst`);
    });
    const { body } = await send(address);
    body.destroy();
    const giveUp = new AbortController();
    const answer = send(address, { method: 'POST' }, { signal: giveUp.signal });
    await expect.poll(() => closed.length).toBe(2);
    giveUp.abort(new ServerError('ERR_SCGI_TIMEOUT', 'enough'));
    await expect(answer).rejects.toThrow('enough');
    await Promise.all(closed);
  });

  it.each([
    ['nothing', '', /closed the connection without an answer/],
    ['half a head', 'Status: 200 OK\r\nConte', /inside the head of its answer, after 21 bytes/],
    ['a bad status', 'Status: 99 x\r\n\r\n', /no valid answer.*"99 x"/],
    ['no header', 'hello\r\n\r\n', /no valid answer.*"hello"/],
    ['an endless head', 'x'.repeat(300_000), /head exceeds/],
  ])('rejects an answer of %s', async (_, bytes, message) => {
    const address = await startResponder(({ socket }) => {
      socket.end(bytes);
    });
    const error: unknown = await send(address).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ERR_SCGI_RESPONSE',
      message: expect.stringMatching(message),
    });
  });

  it('fails the body of an answer that is cut short', async () => {
    const address = await startResponder(({ socket }) => {
      socket.end(`${OK}Content-Length: 10\r\n\r\nhello`);
    });
    const { body } = await send(address);
    await expect(buffer(body)).rejects.toMatchObject({
      code: 'ERR_SCGI_RESPONSE',
      message: 'the answer was cut short: 5 of 10 bytes of its body arrived',
    });
  });

  it('fails the body of an answer of unknown length that is reset', async () => {
    let server: Socket | undefined;
    const address = await startResponder(({ socket }) => {
      server = socket;
      socket.write(`${OK}\r\nhello`);
    }, 'tcp');
    const { body } = await send(address);
    // Only now: libuv takes a reset that arrives together with data for a plain end.
    server?.resetAndDestroy();
    await expect(buffer(body)).rejects.toMatchObject({
      code: 'ERR_SCGI_RESPONSE',
      message: 'the connection broke in the middle of the answer: ECONNRESET',
    });
  });

  it('gives up a server that says nothing, before and inside the body', async () => {
    const silent = await startResponder(() => undefined);
    await expect(send(silent, {}, { answerTimeoutMs: 50 })).rejects.toMatchObject({
      code: 'ERR_SCGI_TIMEOUT',
      message: 'timed out: nothing came from the server for 0.05 s',
    });
    const stuck = await startResponder(({ socket }) => socket.write(`${OK}\r\nfirst`));
    const { body } = await send(stuck, {}, { idleTimeoutMs: 50 });
    await expect(buffer(body)).rejects.toMatchObject({ code: 'ERR_SCGI_TIMEOUT' });
  });

  it('fails when the request body ends early', async () => {
    const address = await startResponder(() => undefined);
    const upload = Readable.from([Buffer.from('abc')]);
    await expect(send(address, { body: upload, bodySize: 10 })).rejects.toMatchObject({
      code: 'ERR_SCGI_BODY_TRUNCATED',
      message: 'the request body ended after 3 of 10 bytes',
    });
  });
});
