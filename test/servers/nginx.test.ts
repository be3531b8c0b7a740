// What a browser gets through the real nginx and config/nginx.conf, request by request.

import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpRequest } from '../helpers/load.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasNginx, startBehindNginx, TRANSPORTS } from './front.ts';

const TITLE = 'scgi-server behind nginx';
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A handler of one test's own. */
function handlerFile(source: string): string {
  const file = path.join(tempDir(), 'handler.mjs');
  fs.writeFileSync(file, source);
  return file;
}

/** Reads, then writes: nginx sends no more of an upload once the response has begun. */
const ECHO = `
  import { buffer } from 'node:stream/consumers';
  export async function produce(env, bodySize, input, output) {
    const body = await buffer(input);
    output.write('Content-Type: application/octet-stream\\n\\n');
    output.end(body);
  }
`;

describe.skipIf(!hasNginx(TITLE)).each(TRANSPORTS)(`${TITLE}, over %s`, (transport) => {
  it('answers GET, and HEAD with the same header fields and no body', async () => {
    const { url } = await startBehindNginx(transport);
    const get = await httpRequest(`${url}/hello`);
    expect(get.status).toBe(200);
    expect(get.body.toString()).toBe('hello\n');
    expect(get.headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': '6' });

    const head = await httpRequest(`${url}/hello`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.body.length).toBe(0);
    expect(head.headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': '6' });
  });

  it('echoes an upload of 10 MB back, not a bit of it changed', async () => {
    const { url } = await startBehindNginx(transport, { handler: handlerFile(ECHO) });
    const body = randomBytes(10_000_000);
    const { status, body: echo } = await httpRequest(url, { method: 'POST', body });
    expect(status).toBe(200);
    expect(echo.length).toBe(body.length);
    expect(sha256(echo)).toBe(sha256(body));
  });

  it('echoes an upload in chunks of unknown length', async () => {
    const { url } = await startBehindNginx(transport, { handler: handlerFile(ECHO) });
    const headers = { 'transfer-encoding': 'chunked' };
    const body = randomBytes(100_000);
    const answer = await httpRequest(url, { method: 'POST', body, headers });
    expect(answer.status).toBe(200);
    expect(sha256(answer.body)).toBe(sha256(body));
  });

  it('delivers the answer of a handler that leaves an upload of 10 MB unread', async () => {
    const { url } = await startBehindNginx(transport);
    const body = randomBytes(10_000_000);
    const answer = await httpRequest(`${url}/unread`, { method: 'POST', body });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe('the body was not read\n');
  });

  it('passes a 404 of the handler on, document included', async () => {
    const { url } = await startBehindNginx(transport);
    const { status, body } = await httpRequest(`${url}/nowhere`);
    expect(status).toBe(404);
    expect(body.toString()).toBe('no such page\n');
  });

  it('passes a redirect on with its Location untouched', async () => {
    const { url } = await startBehindNginx(transport);
    const { status, headers } = await httpRequest(`${url}/redirect`);
    expect(status).toBe(302);
    expect(headers.location).toBe('/hello');
  });

  it('answers 500 when the handler throws, and the next request as usual', async () => {
    const { url, server } = await startBehindNginx(transport, {
      expectErrors: /^GET \/throw: the handler failed/,
    });
    expect((await httpRequest(`${url}/throw`)).status).toBe(500);
    expect((await httpRequest(`${url}/hello`)).status).toBe(200);
    await server.logged(/^GET \/throw: the handler failed/);
  });

  it('keeps cookies apart in the response, and joins those of the request', async () => {
    const handler = handlerFile(`
      export const produce = (env, bodySize, input, output) =>
        output.end('Set-Cookie: a=1; Path=/\\nSet-Cookie: b=2\\n\\n' + env.HTTP_COOKIE);
    `);
    const { url } = await startBehindNginx(transport, { handler });
    const answer = await httpRequest(url, { headers: { cookie: ['c=3', 'd=4'] } });
    expect(answer.headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2']);
    expect(answer.body.toString()).toBe('c=3; d=4');
  });

  it('lets the first piece of a stream through before the second exists', async () => {
    const gate = path.join(tempDir(), 'open');
    const handler = handlerFile(`
      import { existsSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      export async function produce(env, bodySize, input, output) {
        output.write('Content-Type: text/event-stream\\n\\ndata: first\\n\\n');
        while (!existsSync(${JSON.stringify(gate)})) await delay(5);
        output.end('data: second\\n\\n');
      }
    `);
    const { url } = await startBehindNginx(transport, { handler });
    const response = await fetch(`${url}/stream`, { signal: AbortSignal.timeout(10_000) });
    const pieces: string[] = [];
    for await (const piece of response.body ?? []) {
      pieces.push(Buffer.from(piece).toString());
      fs.writeFileSync(gate, '');
    }
    expect(pieces).toEqual(['data: first\n\n', 'data: second\n\n']);
  });

  it('gives the handler a decoded path, an undecoded URL and no HTTP_PROXY', async () => {
    const handler = handlerFile(`
      export const produce = (env, bodySize, input, output) =>
        output.end('Content-Type: application/json\\n\\n' + JSON.stringify(env));
    `);
    const { url } = await startBehindNginx(transport, { handler });
    const headers = { proxy: 'http://192.0.2.1/' };
    const { body } = await httpRequest(`${url}/a%20b//c%20d?q=%20`, { headers });
    const env = JSON.parse(body.toString()) as Record<string, string>;
    expect(env).toMatchObject({
      SCRIPT_NAME: '',
      PATH_INFO: '/a b/c d',
      REQUEST_URI: '/a%20b//c%20d?q=%20',
      QUERY_STRING: 'q=%20',
    });
    expect(env).not.toHaveProperty('HTTP_PROXY');
  });

  it('lets a header block of 12 KB through', async () => {
    const handler = handlerFile(`
      export const produce = (env, bodySize, input, output) => {
        for (let n = 0; n < 3; n++) output.write('X-Long-' + n + ': ' + 'x'.repeat(4000) + '\\n');
        output.end('\\nhead and body');
      };
    `);
    const { url } = await startBehindNginx(transport, { handler });
    const { status, headers, body } = await httpRequest(url);
    expect(status).toBe(200);
    expect(headers['x-long-2']).toHaveLength(4000);
    expect(body.toString()).toBe('head and body');
  });

  it('passes the 503 of an overloaded server on', async () => {
    const args = ['--max-workers', '1', '--queue-timeout', '500ms'];
    const { url, server } = await startBehindNginx(transport, { args });
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => httpRequest(`${url}/sleep?ms=1500`)),
    );
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([200, 503, 503, 503]);
    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.headers['retry-after']).toBe('1');
    await server.logged(/queue/);
  });
});
