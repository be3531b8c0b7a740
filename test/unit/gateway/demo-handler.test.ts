import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { demoHandler } from '../../../src/gateway/demo-handler.ts';
import type { Environment, HandlerContext } from '../../../src/gateway/handler.ts';

const ignore = () => {};
const context: HandlerContext = {
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  workerId: 2,
  requestId: 'r1',
  signal: new AbortController().signal,
};

const latin1 = (value: string) => Buffer.from(value).toString('latin1');

async function ask(env: Environment, body: Buffer = Buffer.alloc(0)) {
  const output = new PassThrough();
  const input = Readable.from(body.length > 0 ? [body] : [], { objectMode: false });
  const [response] = await Promise.all([
    buffer(output),
    demoHandler.produce(
      { CONTENT_LENGTH: String(body.length), ...env },
      body.length,
      input,
      output,
      context,
    ),
  ]);
  const [head = '', ...rest] = response.toString().split('\r\n\r\n');
  return { head, body: rest.join('\r\n\r\n') };
}

const length = (head: string) => Number(/Content-Length: (\d+)/.exec(head)?.[1]);

const browser = { REQUEST_METHOD: 'GET', REQUEST_URI: '/a?b', HTTP_ACCEPT: 'text/html,*/*' };

describe('demo-handler', () => {
  test('lists the parameters as text in the order sent', async () => {
    const { head, body } = await ask({ REQUEST_METHOD: 'GET', SCGI: '1', HTTP_ACCEPT: '*/*' });
    expect(head).toMatch(/^Status: 200 OK\r\nContent-Type: text\/plain; charset=utf-8\r\n/);
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
    expect(body).toContain('\nCONTENT_LENGTH: 0\nREQUEST_METHOD: GET\nSCGI: 1\nHTTP_ACCEPT: */*\n');
    expect(body).toContain(`worker 2 (process ${process.pid})`);
  });

  test('shows a page to a browser', async () => {
    const { head, body } = await ask(browser);
    expect(head).toContain('Content-Type: text/html; charset=utf-8');
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
    expect(body).toMatch(/^<!doctype html>/);
    expect(body).toContain('<code>GET /a?b</code>');
    expect(body).toContain(`worker 2 (process ${process.pid})`);
    expect(body).toContain('<tr><th scope="row">REQUEST_URI</th><td>/a?b</td></tr>');
    expect(body).not.toMatch(/(?:src|href)=/);
  });

  test('escapes everything that the request contains', async () => {
    const evil = `<script>alert("1")</script>&'`;
    const env = { ...browser, REQUEST_URI: evil, [`HTTP_${evil}`]: evil, REQUEST_METHOD: evil };
    const { body } = await ask(env, Buffer.from(evil));
    expect(body).not.toContain('<script');
    expect(body.split('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;')).toHaveLength(
      8,
    );
  });

  test('shows UTF-8 as text, other bytes as latin-1, control characters escaped', async () => {
    const env = { A: latin1('größe €'), B: 'caf\xe9', C: 'a\r\nForged: line\u0000\u001b[2J' };
    const { body } = await ask(env);
    expect(body).toContain('\nA: größe €\nB: café\nC: a\\r\\nForged: line\\x00\\x1b[2J\n');
  });

  test('shows the first kibibyte of a body, cut between characters', async () => {
    const small = await ask(browser, Buffer.from('name=Jörg\nsecond line'));
    expect(small.body).toContain('<pre>\nname=Jörg\nsecond line</pre>');
    const large = await ask(browser, Buffer.from(`x${'ö'.repeat(1000)}`));
    expect(large.body).toContain(`<pre>\nx${'ö'.repeat(511)}…</pre>`);
    expect(large.body).toContain('<p>2001 bytes</p>');
    const asText = await ask({}, Buffer.from('plain'));
    expect(asText.body).toMatch(/\n\nplain\n$/);
  });

  test('leaves a very large body to the server', async () => {
    const { body } = await ask(browser, Buffer.alloc(1024 * 1024 + 1, 'x'));
    expect(body).toContain('<p>1048577 bytes</p>');
    expect(body).not.toContain('xxxx');
  });

  test('answers HEAD with the head of GET', async () => {
    const get = await ask(browser);
    const head = await ask({ ...browser, REQUEST_METHOD: 'HEAD' });
    expect(head.body).toBe('');
    // the pages differ by the method alone, HEAD and GET in two places
    expect(length(head.head)).toBe(length(get.head) + 2);
  });
});
