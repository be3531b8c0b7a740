import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadHandler } from '../../../src/gateway/load-handler.ts';

const KITCHEN = fileURLToPath(new URL('../../fixtures/handlers/kitchen.mjs', import.meta.url));

async function ask(target: string, body: string = '') {
  const logged: unknown[] = [];
  const record = (message: string, fields?: object) => logged.push({ message, ...fields });
  const controller = new AbortController();
  const context = {
    log: { debug: record, info: record, warn: record, error: record },
    workerId: 1,
    requestId: 'r7',
    signal: controller.signal,
  };
  const handler = await loadHandler(KITCHEN, context);
  const [path, query = ''] = target.split('?');
  const env = { REQUEST_URI: target, DOCUMENT_URI: path, QUERY_STRING: query };
  const output = new PassThrough();
  const response = text(output);
  const input = Readable.from([Buffer.from(body)], { objectMode: false });
  setTimeout(() => controller.abort(Object.assign(new Error('gone'), { code: 'ERR_GONE' })), 5);
  await handler.produce(env, body.length, input, output, context);
  output.end();
  return { response: await response, logged };
}

describe('kitchen fixture', () => {
  test.each([
    ['/hello', '200 OK', 'hello\n'],
    ['/token?abc=1', '200 OK', 'abc=1'],
    ['/sleep?ms=1&token=t', '200 OK', `worker=1 pid=${process.pid} token=t\n`],
    ['/busy?ms=1&token=t', '200 OK', `worker=1 pid=${process.pid} token=t\n`],
    ['/stream?pieces=2&ms=1', '200 OK', 'piece 0\npiece 1\n'],
    ['/big?bytes=70000', '200 OK', 'x'.repeat(70_000)],
    ['/404', '404 Not Found', 'no such page\n'],
    ['/unread', '200 OK', 'the body was not read\n'],
    ['/nowhere', '404 Not Found', 'no such page\n'],
  ])('%s', async (target, status, body) => {
    const { response } = await ask(target, 'a body');
    expect(response).toMatch(new RegExp(`^Status: ${status}\r\n`));
    expect(response.slice(response.indexOf('\r\n\r\n') + 4)).toBe(body);
  });

  test('/echo sends the body back', async () => {
    expect((await ask('/echo', 'ping')).response).toMatch(/\r\n\r\nping$/);
  });

  test('/redirect, /no-head', async () => {
    expect((await ask('/redirect')).response).toContain('\r\nLocation: /hello\r\n\r\n');
    expect((await ask('/no-head')).response).toBe('no header block at all');
  });

  test('/context shows what the handler was given', async () => {
    const { response } = await ask('/context');
    expect(JSON.parse(response.split('\r\n\r\n')[1]!)).toMatchObject({
      requestId: 'r7',
      workerId: 1,
      log: ['debug', 'error', 'info', 'warn'],
    });
  });

  test('/throw, /reject and /throw-late fail', async () => {
    await expect(ask('/throw')).rejects.toThrow('thrown before the head');
    await expect(ask('/reject')).rejects.toThrow('rejected before the head');
    await expect(ask('/throw-late')).rejects.toThrow('thrown after the head');
  });

  test('/signal logs why it was aborted, /log logs at every level', async () => {
    expect((await ask('/signal')).logged.at(-1)).toMatchObject({ code: 'ERR_GONE' });
    expect((await ask('/log')).logged).toHaveLength(4);
  });
});
