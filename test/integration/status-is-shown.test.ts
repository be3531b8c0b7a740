// Where the status is shown: on a port of its own, and at a path by the workers.

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ServerStatus } from '../../src/ops/server-status.ts';
import { writeProgram } from '../helpers/programs.ts';
import { encodeScgi, request } from '../helpers/scgi-peer.ts';
import type { LaunchedServer } from '../helpers/start-server.ts';
import { launchServer, startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

let server: LaunchedServer;
let port: number;

beforeAll(async () => {
  const status = ['--status', '0', '--status-path', '/ops/status'];
  const args = [...status, '--min-workers', '1', '--max-workers', '1', '--spare-workers', '0'];
  server = await launchServer({ handler: 'kitchen.mjs', args });
  const { msg } = await server.logged(/^status page: http:\/\/127\.0\.0\.1:\d+\/$/);
  port = Number(new URL(msg.split(' ')[2] ?? '').port);
});
afterAll(() => server.finish());

function ask(path: string, options: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = http.request({ host: '127.0.0.1', port, path, agent: false, ...options });
    asked.on('error', reject).on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      const { statusCode: status = 0, headers } = response;
      response.on('end', () => resolve({ status, headers, body }));
    });
    asked.end();
  });
}

/** What is answered to these bytes, until the server ends the connection. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

const get = (path: string, method = 'GET') =>
  request(server.address(), { path, method, env: { PATH_INFO: path.replace(/\?.*/, '') } });

describe('the port of --status', () => {
  it('shows a page that needs nothing else, and is kept by nobody', async () => {
    const { status, headers, body } = await ask('/');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      connection: 'close',
    });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/,
    );
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(body).toMatch(/<strong>All is well<\/strong>/);
    expect(body).not.toMatch(/(src|href)="(?!data:)/);
  });

  it('tells the same as data', async () => {
    for (const path of ['/status.json', '/?json', '/?json&since=0']) {
      const { status, headers, body } = await ask(path);
      expect([path, status, headers['content-type']]).toEqual([path, 200, 'application/json']);
      const { pid, workers } = JSON.parse(body) as ServerStatus;
      expect(pid).toBe(server.process.pid);
      expect(workers.map((worker) => worker.pid)).toEqual(server.workers());
    }
    expect((await ask('/metrics')).headers['content-type']).toMatch(
      /^text\/plain; version=0\.0\.4/,
    );
  });

  it('answers GET and HEAD, and nothing else', async () => {
    const head = await ask('/', { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(1_000);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await ask('/', { method });
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
    expect((await ask('/other')).status).toBe(404);
  });

  it.each([
    ['127.0.0.1:1', 200],
    ['localhost', 200],
    ['[::1]:80', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example:80', 421],
  ])('asked for the host "%s", answers %i', async (host, status) => {
    expect((await ask('/status.json', { headers: { host } })).status).toBe(status);
  });

  it('answers one request a connection, and refuses what is no request or too long', async () => {
    const twice = 'GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n';
    expect((await exchange(twice + twice)).match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    expect(
      await exchange(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`),
    ).not.toMatch(/ 200 /);
    expect(await exchange('4:SCGI,')).not.toMatch(/ 200 /);
  });

  it('cannot be filled up: more connections than it serves are closed, and it serves again', async () => {
    const silent = Array.from({ length: 40 }, () =>
      connect(port, '127.0.0.1').on('error', () => {}),
    );
    onTestFinished(() => silent.forEach((socket) => socket.destroy()));
    await waitFor('the end of some', () => silent.filter((socket) => socket.closed).length >= 8);
    expect(silent.filter((socket) => !socket.closed)).toHaveLength(32);
    for (const socket of silent) socket.destroy();
    await waitFor('an answer', async () => (await ask('/').catch(() => undefined))?.status === 200);
  });

  it('answers while all workers are busy, and names what they do', async () => {
    const peer = connect(server.address() as { port: number }).on('error', () => {});
    const env = { REQUEST_METHOD: 'GET', REQUEST_URI: '/signal?x=<b>', PATH_INFO: '/signal' };
    peer.write(encodeScgi(env));
    const { current, state } = await waitFor('the request', async () => {
      const { workers } = JSON.parse((await ask('/status.json')).body) as ServerStatus;
      return workers.find((worker) => worker.current !== null);
    });
    expect([state, current?.method, current?.uri]).toEqual(['busy', 'GET', '/signal?x=<b>']);
    const { body } = await ask('/');
    expect(body).toMatch(/<strong>At the limit<\/strong>/);
    expect(body).toContain('/signal?x=&lt;b&gt;');
    // The handler waits for nothing else.
    peer.destroy();
  });
});

describe('the path of --status-path', () => {
  it('shows the page and its data by a worker', async () => {
    for (const path of ['/ops/status', '/ops/status/']) {
      const { status, headers, body } = await get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(headers.get('content-security-policy')?.[0]).toMatch(/^default-src 'none'/);
      expect(body.toString()).toMatch(/^<!doctype html>/);
    }
    for (const path of ['/ops/status/status.json', '/ops/status?json']) {
      const { headers, body } = await get(path);
      expect([path, headers.get('content-type')]).toEqual([path, ['application/json']]);
      expect((JSON.parse(body.toString()) as ServerStatus).pid).toBe(server.process.pid);
    }
    expect((await get('/ops/status', 'HEAD')).body).toHaveLength(0);
    expect((await get('/ops/status', 'POST')).status).toBe(405);
  });

  it('leaves all other paths to the handler', async () => {
    expect((await get('/hello')).body.toString()).toBe('hello\n');
    for (const path of ['/ops/statuses', '/ops/status/more', '/ops', '/xops/status']) {
      expect([path, (await get(path)).body.toString()]).toEqual([path, 'no such page\n']);
    }
  });

  it('is found below a mount, and beside programs that get the connection itself', async () => {
    const isPortable = process.env['TEST_DISPATCH'] === 'portable';
    const args = ['--direct', '--mount', '/app', '--status-path', '/app/status'];
    const cgi = [writeProgram(`#!/bin/sh\nprintf 'Status: 200\\r\\n\\r\\nprogram\\n'\n`)];
    const other = await startServer({ cgi, args: isPortable ? args.slice(1) : args });
    const bodyOf = async (uri: string): Promise<string> =>
      (await request(other.address(), { path: uri })).body.toString();
    expect(await bodyOf('/app/status?json')).toMatch(/^\{"version"/);
    expect(await bodyOf('/app/other')).toMatch(/program/);
  });
});

it('ends with 69 and one line when the port is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port: taken } = other.address() as AddressInfo;
  const failed = await startServer({
    args: ['--status', String(taken)],
    dontWait: true,
    expectErrors: /in use/,
  });
  expect(await failed.ended()).toBe(69);
  expect(failed.log.map(({ msg }) => msg)).toEqual([
    `scgi-server: the status page cannot listen on 127.0.0.1:${taken}: the port is in use; ` +
      'stop what uses it or choose another with --status PORT',
  ]);
});
