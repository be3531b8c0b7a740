import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../../src/http-gateway/gateway-server.ts';
import { startResponder } from '../unit/client/responder.ts';
import {
  answerTo,
  begin,
  gateway,
  gatewayTo,
  http,
  raw,
} from '../unit/http-gateway/http-client.ts';

const OK = 'Status: 200 OK\r\nContent-Type: text/plain\r\n';

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('development gateway', () => {
  it('passes a GET on as a front server would, and its answer back', async () => {
    let env: Record<string, string> = {};
    const { url } = await gateway((exchange) => {
      ({ env } = exchange);
      exchange.socket.end('Status: 404 Nicht gefunden\r\nX-A: 1\r\n\r\nno such page');
    });
    const answer = await http(url, { path: '/caf%C3%A9?q=1', headers: { Cookie: 'a=1' } });
    expect(answer).toMatchObject({ status: 404, reason: 'Nicht gefunden' });
    expect(answer.headers['x-a']).toBe('1');
    expect(String(answer.body)).toBe('no such page');
    expect(env).toMatchObject({
      CONTENT_LENGTH: '0',
      REQUEST_METHOD: 'GET',
      REQUEST_URI: '/caf%C3%A9?q=1',
      PATH_INFO: '/caf\xc3\xa9',
      REMOTE_ADDR: '127.0.0.1',
      SERVER_PORT: new URL(url).port,
      HTTP_HOST: new URL(url).host,
      HTTP_COOKIE: 'a=1',
    });
  });

  it.each([
    ['of known length', { 'Content-Length': '5242880' }, '5242880'],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }, '5242880'],
  ])('echoes an upload of 5 MiB %s unchanged', async (_, headers, length) => {
    const { url } = await gateway(async ({ socket, env, readBody }) => {
      socket.write(`${OK}X-Length: ${env['CONTENT_LENGTH']}\r\n\r\n`);
      socket.end(await readBody());
    });
    const body = randomBytes(5 * 1024 * 1024);
    const answer = await http(url, { method: 'POST', headers, body });
    expect(answer.headers['x-length']).toBe(length);
    expect(sha256(answer.body)).toBe(sha256(body));
  });

  it('answers 413 to a chunked upload that is too large to collect', async () => {
    const { url } = await gateway(() => expect.unreachable('nothing may be forwarded'));
    const headers = { 'Transfer-Encoding': 'chunked' };
    const body = Buffer.alloc(17 * 1024 * 1024);
    expect(await http(url, { method: 'POST', headers, body })).toMatchObject({ status: 413 });
  });

  it('asks for the body of a client that expects 100-continue', async () => {
    const { url } = await gateway(async ({ socket, env, readBody }) => {
      socket.end(`${OK}\r\n${String(await readBody())} ${env['HTTP_EXPECT']}`);
    });
    const headers = { Expect: '100-continue', 'Content-Length': '5' };
    const outgoing = begin(url, { method: 'POST', headers });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.end('hello');
    expect(await text(await answerTo(outgoing))).toBe('hello undefined');
  });

  it('passes a streamed answer on piece by piece, its head first', async () => {
    let server: Socket | undefined;
    const { url } = await gateway(({ socket }) => {
      server = socket;
      socket.write(`${OK}\r\n`);
    });
    const answer = await answerTo(begin(url));
    const pieces = answer[Symbol.asyncIterator]();
    for (const piece of ['one', 'two', 'three']) {
      server?.write(piece);
      const { value } = (await pieces.next()) as IteratorResult<Buffer>;
      expect(String(value)).toBe(piece);
    }
    server?.end();
    expect(await pieces.next()).toMatchObject({ done: true });
  });

  it('answers early while the upload still runs, and serves the next request', async () => {
    const { url } = await gateway(({ socket, env }) => {
      socket.end(`Status: ${env['REQUEST_METHOD'] === 'POST' ? 413 : 200}\r\nA: b\r\n\r\nx`);
      socket.resume();
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const upload = { method: 'POST', body: Buffer.alloc(5_000_000), agent };
    expect(await http(url, upload)).toMatchObject({ status: 413 });
    expect(await http(url, { agent })).toMatchObject({ status: 200 });
  });

  it.each([
    ['HEAD', 'Status: 200 OK\r\nContent-Length: 5\r\n\r\n', 200, '5'],
    ['HEAD', 'Status: 200 OK\r\nA: b\r\n\r\n', 200, undefined],
    ['GET', 'Status: 304 Not Modified\r\nETag: "a"\r\n\r\n', 304, undefined],
    ['GET', 'Status: 204 No Content\r\n\r\n', 204, undefined],
  ])('gives %s %j no body', async (...[method, bytes, status, length]) => {
    const { url } = await gateway(({ socket }) => socket.write(bytes));
    const answer = await http(url, { method });
    expect(answer).toMatchObject({ status });
    expect(answer.headers['content-length']).toBe(length);
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    expect(answer.body).toHaveLength(0);
  });

  it('keeps cookies on lines of their own, and bytes of header values as they are', async () => {
    const { url } = await gateway(({ socket }) => {
      const head = `${OK}Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Latin: caf\xe9\r\n\r\nbody`;
      socket.end(head, 'latin1');
    });
    const answer = await raw(url, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Latin: caf\xe9\r\n/);
  });

  it('closes the SCGI connection when the browser leaves, before and during the answer', async () => {
    const closed: Array<Promise<unknown>> = [];
    const { url, reports } = await gateway(({ socket, env }) => {
      closed.push(once(socket.resume(), 'end'));
      if (env['REQUEST_URI'] === '/streams') socket.write(`${OK}\r\nfirst`);
    });
    const waiting = begin(url, { path: '/waits' }).on('error', () => undefined);
    await expect.poll(() => closed.length).toBe(1);
    waiting.destroy();
    await closed[0];
    const streaming = await answerTo(begin(url, { path: '/streams' }));
    await once(streaming, 'data');
    streaming.destroy();
    await closed[1];
    expect(reports).toEqual([]);
  });

  it('closes the SCGI connection when the browser leaves inside its upload', async () => {
    const closed: Array<Promise<unknown>> = [];
    const { url } = await gateway(({ socket }) => closed.push(once(socket.resume(), 'end')));
    const headers = { Expect: '', 'Content-Length': '1000' };
    const outgoing = begin(url, { method: 'POST', headers }).on('error', () => undefined);
    outgoing.removeHeader('Expect');
    outgoing.write('begun');
    await expect.poll(() => closed.length).toBe(1);
    outgoing.destroy();
    await closed[0];
  });

  it('cuts the connection when the answer is cut short', async () => {
    const { url, reports } = await gateway(({ socket }) => {
      socket.end(`${OK}Content-Length: 10\r\n\r\nhello`);
    });
    await expect(http(url, { path: '/cut' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(reports).toEqual([
      'GET "/cut": the answer was cut short: 5 of 10 bytes of its body arrived',
    ]);
  });

  it('answers 502, names the address and says what to check when nobody listens', async () => {
    const { url, reports } = await gatewayTo({ kind: 'unix', path: '/nowhere/s.sock' });
    const { status, body } = await http(url);
    expect(status).toBe(502);
    expect(String(body)).toMatch(/^502 Bad Gateway\n.*unix:\/nowhere\/s\.sock.*Check that/s);
    expect(reports).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['nonsense', 'nonsense\r\n\r\n'],
  ])('answers 502 when the server says %s', async (_, bytes) => {
    const { url } = await gateway(({ socket }) => socket.end(bytes));
    expect(await http(url)).toMatchObject({ status: 502 });
  });

  it('answers 504 when the server says nothing for too long', async () => {
    const target = await startResponder(() => undefined);
    const { url } = await gatewayTo(target, { answerTimeoutMs: 50 });
    expect(await http(url)).toMatchObject({ status: 504 });
  });

  it.each([
    'GET /%00 HTTP/1.1\r\nHost: a',
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b',
    'OPTIONS * HTTP/1.1\r\nHost: a',
  ])('answers 400 to %j', async (head) => {
    const { url } = await gateway(() => expect.unreachable('nothing may be forwarded'));
    expect(await raw(url, `${head}\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('serves a client of HTTP/1.0', async () => {
    const { url } = await gateway(({ socket, env }) => {
      socket.end(`${OK}\r\n${env['SERVER_PROTOCOL']} ${env['SERVER_NAME']}`);
    });
    const answer = await raw(url, 'GET / HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/\r\n\r\nHTTP\/1\.0 127\.0\.0\.1$/);
  });

  it('serves many requests at once', async () => {
    const { url } = await gateway(({ socket, env }) =>
      socket.end(`${OK}\r\n${env['QUERY_STRING']}`),
    );
    const numbers = Array.from({ length: 100 }, (_, i) => String(i));
    const answers = await Promise.all(numbers.map((number) => http(url, { path: `/?${number}` })));
    expect(answers.map(({ body }) => String(body))).toEqual(numbers);
  });

  it('says in one line that its port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const target = { kind: 'tcp', host: '127.0.0.1', port: 1 } as const;
    await expect(startGateway({ host: '127.0.0.1', port, target })).rejects.toMatchObject({
      code: 'ERR_SCGI_LISTEN',
      message: `the HTTP gateway cannot listen on 127.0.0.1:${port}: the port is in use; stop what uses it or choose another with --http PORT`,
    });
  });
});
