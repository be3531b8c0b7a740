// Real applications behind the real nginx give the answers that they give with node:http.

import { randomBytes } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../helpers/load.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Asked } from './beside-node.ts';
import { APPS, expectSameAnswers } from './beside-node.ts';
import { hasNginx, startBehindNginx } from './front.ts';

const TITLE = 'applications behind nginx';

const post = (type: string, body: string | Buffer, method = 'POST'): HttpRequest => ({
  method,
  headers: { 'content-type': type },
  body,
});

const sending = (headers: Record<string, string>): HttpRequest => ({ headers });

/** A form as browsers send it. */
async function form(fields: Record<string, string | Blob>): Promise<HttpRequest> {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  const encoded = new Response(data);
  const type = encoded.headers.get('content-type') ?? '';
  return post(type, Buffer.from(await encoded.arrayBuffer()));
}

describe.skipIf(!hasNginx(TITLE))('applications behind nginx', () => {
  it('Express: routes, and what it sees of a request', () =>
    expectSameAnswers('express.mjs', [
      [200, '/'],
      [200, '/', { method: 'HEAD' }],
      [200, '/', { method: 'OPTIONS' }],
      [200, '/seen?a=1&b[]=2&c=%C3%A4', sending({ 'x-requested-with': 'XMLHttpRequest' })],
      [200, '/item/a%2Fb%20%C3%A4?x'],
      [404, '/nowhere'],
      [404, '/nowhere', post('text/plain', 'a body that nobody reads')],
      [404, '/', { method: 'DELETE' }],
      [299, '/fields'],
    ]));

  it('Express: bodies', async () => {
    const upload = {
      title: 'two files',
      files: new Blob([randomBytes(3_000_000)], { type: 'image/png' }),
    };
    await expectSameAnswers('express.mjs', [
      [200, '/json', post('application/json', '{"a":["ä"]}')],
      [400, '/json', post('application/json', '{"a":')],
      [200, '/json', post('application/json', '')],
      [
        415,
        '/json',
        {
          ...post('application/json', '{}'),
          headers: { 'content-type': 'application/json', 'content-encoding': 'x' },
        },
      ],
      [413, '/json', post('application/json', JSON.stringify('x'.repeat(200_000)))],
      [200, '/form', post('application/x-www-form-urlencoded', 'a[b]=1&c=%20+')],
      [200, '/text', post('text/plain', 'put', 'PUT')],
      [200, '/raw', post('application/octet-stream', randomBytes(5_000_000))],
      [201, '/upload', await form(upload)],
      [500, '/upload', await form({ files: new Blob([Buffer.alloc(4_000_001)]) })],
    ]);
  });

  it('Express: cookies, redirects, statuses and errors', () =>
    expectSameAnswers('express.mjs', [
      [200, '/cookies', sending({ cookie: 'a=1; signed=s%3Ac.x; b=%7B%7D' })],
      [302, '/redirect', sending({ accept: 'text/html' })],
      [301, '/redirect/away', sending({ accept: 'text/plain' })],
      [204, '/status/204'],
      [205, '/status/205'],
      [304, '/nothing-changed'],
      [418, '/status/418'],
      [503, '/status/503'],
      [204, '/empty'],
      [418, '/rejects'],
      [500, '/throws'],
    ]));

  it('Express: files, conditional and partial requests', async () => {
    const future = new Date(Date.now() + 1_000_000).toUTCString();
    await expectSameAnswers('express.mjs', [
      [200, '/static/style.css'],
      [200, '/static/style.css', { method: 'HEAD' }],
      [304, '/static/style.css', sending({ 'if-modified-since': future })],
      [412, '/static/style.css', sending({ 'if-match': '"other"' })],
      [206, '/static/long%20name.txt', sending({ range: 'bytes=100-199' })],
      [206, '/static/long%20name.txt', sending({ range: 'bytes=-5' })],
      [416, '/static/long%20name.txt', sending({ range: 'bytes=9999999-' })],
      [301, '/static'],
      [200, '/file'],
      [206, '/file', sending({ range: 'bytes=0-0' })],
      [200, '/download'],
      [200, '/piped'],
      [200, '/pieces'],
    ]);
  });

  it('Express: events come one by one, until nobody listens any more', async () => {
    const { url, server } = await startBehindNginx('TCP', {
      handler: path.join(APPS, 'express.mjs'),
    });
    const events: string[] = [];
    const asked = http.get(`${url}/events`, { agent: false }, (answer) => {
      answer.on('data', (chunk: Buffer) => events.push(chunk.toString())).on('error', () => {});
    });
    await waitFor('three events', () => events.length >= 3);
    expect(events[0]).toBe('data: first\n\n');
    asked.destroy();
    await server.logged(/^nobody listens$/);
  });

  it('Koa', () =>
    expectSameAnswers('koa.mjs', [
      [200, '/'],
      [200, '/', { method: 'HEAD' }],
      [200, '/seen?a=1'],
      [200, '/echo', post('text/plain', 'ä'.repeat(100_000))],
      [200, '/cookies', sending({ cookie: 'sent=yes' })],
      [200, '/stream'],
      [200, '/stream', { method: 'HEAD' }],
      [200, '/fresh'],
      [304, '/fresh', sending({ 'if-none-match': '"abc"' })],
      [302, '/redirect'],
      [204, '/none'],
      [403, '/refused'],
      [500, '/throws'],
      [404, '/nowhere'],
    ]));

  it('Fastify, by its server', () =>
    expectSameAnswers('fastify.mjs', [
      [200, '/'],
      [200, '/', { method: 'HEAD' }],
      [200, '/seen?a=1'],
      [200, '/echo', post('application/json', '{"a":1}')],
      [400, '/echo', post('application/json', '{"a":')],
      [415, '/echo', post('application/x-unknown', 'x')],
      [413, '/echo', post('application/json', JSON.stringify('x'.repeat(2_000_000)))],
      [400, '/checked', post('application/json', '{}')],
      [200, '/checked', post('application/json', '{"name":"you"}')],
      [200, '/stream'],
      [202, '/raw'],
      [500, '/throws'],
      [404, '/nowhere'],
    ]));

  const small: readonly [string, readonly Asked[]][] = [
    [
      'connect.mjs',
      [
        [200, '/mounted/a?b'],
        [409, '/fails'],
        [404, '/'],
      ],
    ],
    [
      'polka.mjs',
      [
        [200, '/users/%C3%A4?a=1'],
        [404, '/users'],
      ],
    ],
  ];
  it.each(small)('%s', (app, asked) => expectSameAnswers(app, asked));
});
