// A real application of Hono behind the real nginx.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import type { Front } from './front.ts';
import { hasNginx, startBehindNginx } from './front.ts';

const TITLE = 'an application of Hono behind nginx';
const APP = path.join(ROOT, 'test/fixtures/apps/hono.mjs');

const start = (args: string[] = []): Promise<Front> =>
  startBehindNginx('a Unix socket', { handler: APP, args });

describe.skipIf(!hasNginx(TITLE))('an application of Hono behind nginx', () => {
  it('answers with pages, JSON, 404 and statuses of its own', async () => {
    const { url } = await start();
    expect(await (await fetch(url)).text()).toBe('<h1>Hello 127.0.0.1</h1>');
    const user = await fetch(`${url}/users/J%C3%BCrgen?a=1&b=%20`);
    expect(await user.json()).toEqual({ name: 'J\u00fcrgen', query: { a: '1', b: ' ' } });
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    const teapot = await fetch(`${url}/teapot`);
    expect([teapot.status, await teapot.text()]).toEqual([418, 'short and stout']);
  });

  it('answers HEAD as GET, without the body', async () => {
    const { url } = await start();
    const head = await fetch(`${url}/users/x`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await head.text()).toBe('');
  });

  it('reads forms, and sets cookies, each in a line of its own', async () => {
    const { url } = await start();
    const body = new URLSearchParams({ user: 'ann' });
    const login = await fetch(`${url}/login`, { method: 'POST', body, redirect: 'manual' });
    expect([login.status, login.headers.get('location')]).toEqual([303, '/me']);
    const cookies = login.headers.getSetCookie();
    expect(cookies).toEqual(['user=ann; Path=/; HttpOnly', 'seen=1; Path=/']);
    const headers = { cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') };
    expect(await (await fetch(`${url}/me`, { headers })).text()).toBe('ann');
  });

  it('takes an upload, and refuses one that is larger than it wants', async () => {
    const { url } = await start();
    const upload = async (bytes: number): Promise<unknown> => {
      const body = new FormData();
      body.set('title', '\u00fcber');
      body.set('file', new File([randomBytes(bytes)], 'a.bin', { type: 'image/png' }));
      const answer = await fetch(`${url}/upload`, { method: 'POST', body });
      return answer.status === 200 ? answer.json() : answer.status;
    };
    expect(await upload(3_000_000)).toEqual({
      title: '\u00fcber',
      name: 'a.bin',
      type: 'image/png',
      size: 3_000_000,
    });
    expect(await upload(6_000_000)).toBe(413);
  });

  it('answers conditional requests, and asks for a password', async () => {
    const { url } = await start();
    const tag = (await fetch(`${url}/etag`)).headers.get('etag') ?? '';
    const again = await fetch(`${url}/etag`, { headers: { 'if-none-match': tag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await fetch(`${url}/admin/page`)).status).toBe(401);
    const headers = { authorization: `Basic ${btoa('ann:secret')}` };
    expect(await (await fetch(`${url}/admin/page`, { headers })).text()).toBe('for Ann');
  });

  it('streams events, each as it happens', async () => {
    const { url } = await start();
    const gate = path.join(tempDir(), 'open');
    const response = await fetch(`${url}/events?gate=${gate}`, {
      signal: AbortSignal.timeout(10_000),
    });
    const pieces: string[] = [];
    for await (const piece of response.body ?? []) {
      pieces.push(Buffer.from(piece).toString());
      fs.writeFileSync(gate, '');
    }
    expect(pieces.join('')).toBe('data: first\n\ndata: second\n\n');
    expect(pieces.length).toBeGreaterThan(1);
  });

  it('goes on after its answer with what waitUntil() was given', async () => {
    const { url } = await start(['--max-workers', '1']);
    expect(await (await fetch(`${url}/later`)).text()).toBe('now');
    // There is one worker, and it is not free before.
    expect(await (await fetch(`${url}/late`)).json()).toEqual(['done']);
  });

  it('answers 500 where a route throws, and serves on', async () => {
    const { url, server } = await start();
    expect((await fetch(`${url}/broken`)).status).toBe(500);
    await server.logged(/broken on purpose/);
    expect((await fetch(`${url}/me`)).status).toBe(200);
  });

  it('sees what follows its mount', async () => {
    const { url } = await start(['--mount', '/app']);
    const user = await fetch(`${url}/app/users/a%2Fb?c`);
    expect(await user.json()).toEqual({ name: 'a/b', query: { c: '' } });
    expect((await fetch(`${url}/users/x`)).status).toBe(404);
  });
});
