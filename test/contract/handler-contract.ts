// What every kind of handler must do alike, run for each of them in each way of serving. A kind brings the
// same application in its own words, a file in test/fixtures. Its paths:
//
//   /hello     200 text            /made      201, X-Kind, two Set-Cookie lines
//   /none      204                 /redirect  302 to /hello
//   /file      200 text, X-Sendfile
//   /request   what it sees of the request, as JSON, with the body as text
//   /echo      the body back, as it comes; nothing is read ahead
//   /count     how many bytes the body has; reads nothing before the file X-Go exists
//   /unread    200 text without reading the body
//   /big       [bytes] so many, as fast as they are taken
//   /wait      logs "waiting"; no answer; logs "nobody waits" when the peer has gone
//   /half      head and "half", then the same
//   /fail      fails at once: an error "failed on purpose", or what comes closest
//   /fail-later, /fail-after-head   the same after a moment, and after head and "half"

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { LaunchedServer } from '../helpers/start-server.ts';
import { HANDLERS, PROGRAMS } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Application, Served, WayOfServing } from './ways-of-serving.ts';
import { fromNowOn } from './ways-of-serving.ts';

const MB = 1024 * 1024;

export interface HandlerKind {
  name: string;
  /** File in test/fixtures/handlers/contract; or else: */
  handler?: string;
  /** CGI program in test/fixtures/cgi. */
  cgi?: string;
  /** What the log says of a failure that is no error with a message of its own. */
  failure?: string;
}

type Start = (expectErrors?: RegExp) => Promise<Served>;

/** Runs the contract for one kind of handler, served in one way. */
export function describeHandler(kind: HandlerKind, way: WayOfServing): void {
  describe(`a handler that is ${kind.name}, ${way.name}`, () => {
    const start = way.launch === undefined ? starterOf(kind, way) : sharedBy(kind, way.launch);
    describeHeads(start);
    describeStreams(start);
    describeHangUps(start);
    describeFailures(start, kind.failure ?? 'failed on purpose');
  });
}

/** Returns what starts the contract's application. */
export function starterOf(kind: HandlerKind, way: WayOfServing): Start {
  return (expectErrors) => way.start(applicationOf(kind), expectErrors);
}

/** One server for all tests of the block that this is called in. */
function sharedBy(kind: HandlerKind, launch: NonNullable<WayOfServing['launch']>): Start {
  let server: LaunchedServer;
  beforeAll(async () => {
    server = await launch(applicationOf(kind));
  }, 30_000);
  afterAll(() => server.finish());
  return (expectErrors) => Promise.resolve(fromNowOn(server, expectErrors));
}

function applicationOf({ handler = '', cgi }: HandlerKind): Application {
  return cgi === undefined
    ? { handler: path.join(HANDLERS, 'contract', handler) }
    : { cgi: path.join(PROGRAMS, cgi) };
}

function describeHeads(start: Start): void {
  it('gives its answers status, header fields and body', async () => {
    const address = (await start()).address();
    const hello = await request(address, { path: '/hello' });
    expect([hello.status, hello.body.toString()]).toEqual([200, 'hello\n']);
    expect(hello.headers.get('content-type')).toEqual(['text/plain']);
    expect(hello.headers.get('content-length')).toEqual(['6']);

    const made = await request(address, { path: '/made' });
    expect([made.status, made.body.toString()]).toEqual([201, 'made\n']);
    expect(made.headers.get('x-kind')).toEqual(['contract']);
    expect(made.headers.get('set-cookie')).toEqual(['a=1', 'b=2']);

    const redirect = await request(address, { path: '/redirect' });
    expect(redirect.status).toBe(302);
    expect(redirect.headers.get('location')).toEqual(['/hello']);

    const env = { SERVER_SOFTWARE: 'Apache/2.4.71 mod_scgi/2.2', HTTP_HOST: 'front.example' };
    const whole = await request(address, { path: '/redirect', env });
    expect(whole.status).toBe(302);
    expect(whole.headers.get('location')).toEqual(['http://front.example/hello']);
  });

  it('adds nothing of the connection, nor the date, nor a file, which are the web server’s', async () => {
    const server = await start();
    const address = server.address();
    for (const asked of ['/hello', '/big?bytes=200000']) {
      const { headers } = await request(address, { path: asked });
      for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'date']) {
        expect([asked, name, headers.get(name)]).toEqual([asked, name, undefined]);
      }
    }

    const file = await request(address, { path: '/file' });
    expect([file.status, file.body.toString()]).toEqual([200, 'the body\n']);
    expect(file.headers.has('x-sendfile')).toBe(false);
    expect((await server.logged(/: dropped x-sendfile, /i)).level).toBe('warn');
  });

  it('gives no body to HEAD, nor with 204', async () => {
    const address = (await start()).address();
    const head = await request(address, { method: 'HEAD', path: '/hello' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers.get('content-type')).toEqual(['text/plain']);
    const none = await request(address, { path: '/none' });
    expect([none.status, none.body.length]).toEqual([204, 0]);
    expect(none.headers.has('content-length')).toBe(false);
  });

  it('sees the request as it was sent', async () => {
    const address = (await start()).address();
    const { body } = await request(address, {
      method: 'PUT',
      path: '/request?a=%20b&c=%zz',
      env: { CONTENT_TYPE: 'text/css', HTTP_X_ASKED: 'it', REMOTE_ADDR: '192.0.2.1' },
      body: 'the body',
    });
    expect(JSON.parse(body.toString())).toEqual({
      method: 'PUT',
      url: '/request?a=%20b&c=%zz',
      asked: 'it',
      type: 'text/css',
      from: '192.0.2.1',
      body: 'the body',
    });
  });
}

function describeStreams(start: Start): void {
  it('gets the body piece by piece, and answers the same way', async () => {
    const address = (await start()).address();
    const socket = connect(address);
    socket.write(encodeScgi({ REQUEST_METHOD: 'POST', REQUEST_URI: '/echo' }, 15));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    for (let i = 1; i <= 3; i++) {
      socket.write('12345');
      await waitFor('the piece back', () => answer.endsWith('12345'.repeat(i)));
    }
    await waitFor('the end', () => socket.readableEnded);
    socket.destroy();
  });

  it('returns megabytes as they came', async () => {
    const address = (await start()).address();
    const body = randomBytes(5 * MB);
    const echo = await request(address, { method: 'POST', path: '/echo', body, timeoutMs: 15_000 });
    expect(echo.body.equals(body)).toBe(true);
  });

  it('answers although it leaves megabytes unread', async () => {
    const address = (await start()).address();
    const body = Buffer.alloc(5 * MB);
    const answer = await request(address, { method: 'POST', path: '/unread', body });
    expect(answer.body.toString()).toBe('not read\n');
    expect((await request(address, { path: '/hello' })).status).toBe(200);
  });
}

function describeHangUps(start: Start): void {
  it.each([
    ['before it answers', '/wait', /(^|: )waiting$/],
    ['while it answers', '/half', undefined],
  ])('is told when its peer leaves %s, and is free again', async (_when, asked, sign) => {
    const server = await start();
    const socket = connect(server.address()).on('error', () => {});
    socket.write(encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: asked }));
    if (sign === undefined) await waitFor('the first half', () => socket.read() !== null);
    else await server.logged(sign);
    socket.destroy();
    await server.logged(/(^|: )nobody waits$/);
    expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
    expect(server.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
}

function describeFailures(start: Start, failure: string): void {
  it.each(['/fail', '/fail-later'])('gets a 500 and one line in the log: %s', async (asked) => {
    const server = await start(/./);
    const workers = server.workers();
    const answer = await request(server.address(), { path: asked });
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).not.toContain('purpose');
    const line = await server.logged(/the handler failed$/);
    expect(JSON.stringify(line)).toContain(failure);
    await expectOneError(server, workers);
  });

  it('is cut when it fails after its head', async () => {
    const server = await start(/./);
    const workers = server.workers();
    const bytes = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/fail-after-head' });
    const answer = await rawExchange(server.address(), bytes);
    expect(answer.ended).toBe('reset');
    expect(answer.bytes.toString()).toMatch(/^Status: 200 OK\r\n[^]*\r\n\r\nhalf$/);
    await server.logged(/the handler failed after its head was sent/);
    await expectOneError(server, workers);
  });
}

/** Whoever comes next is served, by the same worker if it lasts; and nobody is told twice. */
async function expectOneError(server: Served, workers: readonly number[]): Promise<void> {
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
  await waitFor('the workers that were there before', () =>
    isDeepStrictEqual(server.workers(), workers),
  );
  expect(server.log.filter(({ level }) => level === 'error').length).toBe(1);
}
