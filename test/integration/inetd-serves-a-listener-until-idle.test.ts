import fs from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { expect, it } from 'vitest';
import { inetdWait } from '../helpers/inetd-process.ts';
import type { PeerAnswer } from '../helpers/scgi-peer.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { HANDLERS } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const KITCHEN = path.join(HANDLERS, 'kitchen.mjs');
const at = (route: string, query = '') => ({
  path: `${route}?${query}`,
  env: { PATH_INFO: route },
});
const body = ({ body: bytes }: PeerAnswer): string => bytes.toString();

it('serves one connection after the other, and exits when none has come for a while', async () => {
  const inetd = inetdWait({ args: ['--idle-exit', '300ms', KITCHEN], isBlind: true });
  const answers = Array.from({ length: 20 }, (_, n) =>
    request(inetd.address, at('/token', `${n}`)),
  );
  expect((await Promise.all(answers)).map(body)).toEqual(answers.map((_, n) => `${n}`));
  expect(body(await request(inetd.address, at('/print')))).toBe('printed\n');
  expect(await inetd.ended()).toBe(0);
});

it('serves as many at once as --concurrency allows', async () => {
  const inetd = inetdWait({ args: ['--concurrency', '2', KITCHEN] });
  const waiting = Array.from({ length: 3 }, () => request(inetd.address, at('/signal')));
  const count = (): number => inetd.log().split('waiting for the signal').length - 1;
  await waitFor('two handlers', () => count() === 2);
  inetd.processes[0]?.kill('SIGINT');
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([503, 503, 503]);
  expect(count()).toBe(2);
});

it('refuses connections beyond those that may wait, and tells how many', async () => {
  const inetd = inetdWait({ args: ['--max-queue', '1', KITCHEN] });
  const first = request(inetd.address, at('/signal'));
  await waitFor('the handler', () => inetd.log().includes('waiting for the signal'));
  const others = [1, 2, 3, 4].map(() => request(inetd.address, at('/hello')));
  let refused = 0;
  for (const other of others) void other.then(() => refused++);
  expect((await Promise.race(others)).headers.get('retry-after')).toEqual(['1']);
  await waitFor('all but one to be refused', () => refused === 3);
  inetd.processes[0]?.kill('SIGINT');
  const answers = await Promise.all([first, ...others]);
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
  expect(await inetd.ended()).toBe(0);
  const told = inetd.log().match(/^warn {2}answered 503: .*(?= worker=)/gm);
  expect(told).toEqual([
    'warn  answered 503: 1 connection waiting already (--max-queue)',
    'warn  answered 503: 1 connection waiting already (--max-queue) (the last of 2)',
  ]);
});

it('is not held up by a peer that says nothing', async () => {
  const inetd = inetdWait({ args: [KITCHEN] });
  const silent = connect(inetd.address);
  await waitFor('the connection', () => silent.readyState === 'open');
  expect(body(await request(inetd.address, at('/hello')))).toBe('hello\n');
  silent.destroy();
});

it('leaves at TERM what it has not accepted to whoever serves the socket next', async () => {
  const inetd = inetdWait({ args: [KITCHEN] });
  const running = request(inetd.address, at('/sleep', 'ms=300'));
  const served = request(inetd.address, at('/hello'));
  await served;
  inetd.processes[0]?.kill('SIGTERM');
  expect((await running).status).toBe(200);
  expect(await inetd.ended()).toBe(0);
  // The kernel takes it for the socket, which this test still has.
  const waiting = connect(inetd.address);
  await waitFor('the connection', () => waiting.readyState === 'open');
  waiting.destroy();
});

it('accepts nothing more when TERM comes while it boots', async () => {
  const handler = path.join(tempDir(), 'handler.mjs');
  // It has started while it stops, with time enough to accept and answer.
  const program = `let booted;
    export const start = () => {
      console.log('starting');
      return new Promise((resolve) => { booted = resolve; });
    };
    export const stop = () => {
      booted();
      return new Promise((resolve) => setTimeout(resolve, 300));
    };
    export const produce = (env, bodySize, input, output) => output.end('Content-Type: text/plain\\n\\nhello');`;
  fs.writeFileSync(handler, program);
  const inetd = inetdWait({ args: [handler] });
  await waitFor('the start', () => inetd.log().includes('starting'));
  const waiting = connect(inetd.address);
  waiting.write(encodeScgi({ REQUEST_METHOD: 'GET' }));
  let events = 0;
  for (const event of ['data', 'end', 'error']) waiting.on(event, () => events++);
  await waitFor('the connection', () => waiting.readyState === 'open');
  inetd.processes[0]?.kill('SIGTERM');
  expect(await inetd.ended()).toBe(0);
  // It is left to whoever serves the socket next.
  expect(events).toBe(0);
  waiting.destroy();
});

it('answers 500 once when its handler does not load, and exits, to be started again', async () => {
  const broken = path.join(HANDLERS, 'throws-at-load.mjs');
  const inetd = inetdWait({ args: [broken] });
  const { bytes } = await rawExchange(inetd.address, encodeScgi({ REQUEST_METHOD: 'GET' }));
  expect(bytes.toString()).toMatch(/^Status: 500 /);
  expect(bytes.toString()).not.toContain('throws-at-load');
  expect(await inetd.ended()).toBe(78);
  expect(inetd.log()).toMatch(/^error cannot load the handler .*throws-at-load\.mjs/);
});

it('answers 500 as well when its handler is loaded for ever', async () => {
  const handler = path.join(tempDir(), 'handler.mjs');
  fs.writeFileSync(handler, 'await new Promise(() => {}); export const produce = () => {};');
  const inetd = inetdWait({ args: ['--boot-timeout', '200ms', handler] });
  expect((await request(inetd.address)).status).toBe(500);
  expect(await inetd.ended()).toBe(78);
  expect(inetd.log()).toContain('not loaded within 200 ms (--boot-timeout)');
});

it('serves on when nobody reads what it prints', async () => {
  const inetd = inetdWait({ args: [KITCHEN] });
  inetd.processes[0]?.stderr?.destroy();
  expect(body(await request(inetd.address, at('/print', 'lines=10')))).toBe('printed\n');
  expect(body(await request(inetd.address, at('/hello')))).toBe('hello\n');
});
