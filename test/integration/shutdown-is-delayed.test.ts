// --shutdown-delay: everybody is told, and connections are accepted for some time.

import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { askControl, statusOf } from '../helpers/control.ts';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const TOLD = /^graceful stop in \d+ ms \(--shutdown-delay\): SIGTERM; until then connections/;

it('accepts for that long after TERM, and stops then', async () => {
  const socket = path.join(tempDir(), 'server');
  const args = ['--port', '0', '--socket', socket, '--shutdown-delay', '1s', '--max-workers', '1'];
  const server = await startServer({ handler: 'hello.mjs', args });
  const begin = performance.now();
  server.process.kill('SIGTERM');
  await server.logged(TOLD);
  await waitFor('the end of the path', () => !fs.existsSync(socket));
  expect((await request(server.address())).status).toBe(200);
  expect(await server.ended()).toBe(0);
  expect(performance.now() - begin).toBeGreaterThan(990);
  await server.logged(/^graceful stop: SIGTERM, 1000 ms ago$/);
});

it.each(['SIGTERM', 'SIGINT'] as const)('is cut short by %s', async (signal) => {
  const args = ['--shutdown-delay', '10m', '--max-workers', '1'];
  const server = await startServer({ handler: 'hello.mjs', args });
  server.process.kill('SIGTERM');
  await server.logged(TOLD);
  expect((await request(server.address())).status).toBe(200);
  server.process.kill(signal);
  expect(await server.ended()).toBe(0);
  await server.logged(signal === 'SIGTERM' ? /^graceful stop: SIGTERM$/ : /^quick stop: SIGINT$/);
});

it('is told to whoever asks, and nothing is replaced meanwhile', async () => {
  const control = path.join(tempDir(), 'control');
  const args = ['--shutdown-delay', '10m', '--max-workers', '1', '--control', control];
  const server = await startServer({ handler: 'hello.mjs', args });
  const order = async (target: string): Promise<unknown> =>
    JSON.parse((await askControl(control, target, 'POST')).body);
  server.process.kill('SIGTERM');
  await server.logged(TOLD);
  expect((await statusOf(control)).phase).toBe('delaying');
  const { body } = await askControl(control, '/status?why');
  expect(body).toMatch(/^The server is about to stop, and serves as before .*Nothing is saturated/);
  const refusal = { ok: false, error: 'the server stops' };
  expect(await order('/recycle')).toMatchObject(refusal);
  expect(await order('/reload')).toMatchObject(refusal);
  await server.logged(/^no worker is replaced \(control socket\): the server stops$/);
  expect(await order('/scale?to=2')).toEqual({ ok: true, maxWorkers: 2 });
});
