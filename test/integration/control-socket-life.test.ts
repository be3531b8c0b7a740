// From the making of a control socket to its end, and who may not open it.

import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { askControl, run, statusOf } from '../helpers/control.ts';
import type { Found } from '../helpers/identity-handler.ts';
import { IDENTITY_HANDLER } from '../helpers/identity-handler.ts';
import { describeAsRoot, openDir, writeModule } from '../helpers/identities.ts';
import { request } from '../helpers/scgi-peer.ts';
import { isAlive, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const HANDLER = { handler: 'kitchen.mjs' };

it('replaces what a killed server has left, and respects a server that lives', async () => {
  const control = path.join(tempDir(), 'control');
  const args = ['--control', control, '--max-workers', '1'];
  const killed = await startServer({ ...HANDLER, args });
  killed.process.kill('SIGKILL');
  await killed.ended();
  expect(fs.existsSync(control)).toBe(true);

  const server = await startServer({ ...HANDLER, args });
  const { pid } = await statusOf(control);
  expect(pid).toBe(server.process.pid);

  const second = await startServer({ ...HANDLER, args, dontWait: true, expectErrors: /./ });
  expect(await second.ended()).toBe(69);
  expect(second.log.map(({ msg }) => msg)).toEqual([
    `scgi-server: cannot listen on ${control}: another server is listening there`,
  ]);
  expect((await statusOf(control)).pid).toBe(pid);

  const stopped = await run(['stop', '--wait', '--control', control]);
  expect(stopped).toEqual({ code: 0, stdout: 'stopped\n', stderr: '' });
  // The answer comes with its end, and a moment before the kernel has done with it.
  await waitFor('the end of the process', () => !isAlive(pid));
  expect(fs.readdirSync(path.dirname(control))).toEqual([]);
  expect(await server.ended()).toBe(0);
  expect((await server.logged(/^graceful stop: control socket$/)).level).toBe('info');
});

it('leaves no socket where the server cannot listen, and starts no server where it cannot be made', async () => {
  const dir = tempDir();
  const first = await startServer(HANDLER);
  const { port } = first.address() as { port: number };
  const bad = ['--port', String(port), '--control', path.join(dir, 'control')];
  const none = ['--port', '0', '--control', path.join(dir, 'none/control')];
  for (const args of [bad, none]) {
    const { code, stderr } = await run(args);
    expect(code).toBe(69);
    expect(stderr).toMatch(args === bad ? /the address is in use/ : /the directory does not exist/);
  }
  expect(fs.readdirSync(dir)).toEqual([]);
});

it('answers until the stop is over', async () => {
  const control = path.join(tempDir(), 'control');
  const server = await startServer({ ...HANDLER, args: ['--control', control] });
  const asked = request(server.address(), { path: '/sleep?ms=1500' });
  await waitFor('the request', async () => {
    return (await statusOf(control)).workers.some(({ running }) => running > 0);
  });
  // By a script that waits, and says so again.
  const last = askControl(control, '/stop?wait', 'POST');
  const status = await waitFor('the stop', async () => {
    const now = await statusOf(control);
    return now.phase === 'stopping' ? now : undefined;
  });
  expect(status.workers.some(({ state }) => state === 'draining' || state === 'busy')).toBe(true);
  for (const order of ['/recycle', '/recycle?slot=9', '/scale?to=2', '/reload']) {
    const { body } = await askControl(control, order, 'POST');
    expect(JSON.parse(body)).toMatchObject({ ok: false, error: 'the server stops' });
  }
  expect((await askControl(control, '/stop', 'POST')).status).toBe(202);
  expect((await asked).status).toBe(200);
  expect(JSON.parse((await last).body)).toEqual({ ok: true, stopped: true, exitCode: 0 });
  expect(await server.ended()).toBe(0);
});

describeAsRoot('the control socket of a server that drops privileges', () => {
  it('is out of reach for the handler', async () => {
    // Everybody may look into the directory.
    const control = path.join(openDir(), 'control');
    const args = ['--user', 'www-data', '--max-workers', '1', '--control', control];
    const server = await startServer({ handler: writeModule(IDENTITY_HANDLER), args });
    const query = new URLSearchParams({ connect: control, unlink: control }).toString();
    const { body } = await request(server.address(), { path: `/?${query}` });
    const { attempts } = JSON.parse(body.toString()) as Found;
    expect(attempts).toMatchObject({ connect: 'EACCES', unlink: 'EACCES' });
    expect((await statusOf(control)).pid).toBe(server.process.pid);
    // The server itself gets through to its workers all the same.
    const { body: pong } = await askControl(control, '/ping', 'POST');
    expect(JSON.parse(pong)).toMatchObject({ ok: true, pid: server.workers()[0] });
  });

  it('pings in vain where --allow-uid does not let the server in, and says why', async () => {
    const dir = openDir();
    const [control, socket] = [path.join(dir, 'control'), path.join(dir, 'app')];
    const args = ['--socket', socket, '--allow-uid', 'www-data', '--control', control];
    const server = await startServer({ ...HANDLER, args });
    const { code, stderr } = await run(['ping', '--control', control]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /app: closed at once: --allow-uid and --allow-gid may not let in the server itself/,
    );
    await server.logged(/is not in --allow-uid/);
  });
});
