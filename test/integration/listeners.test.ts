import fs from 'node:fs';
import net, { createServer } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const HELLO = { handler: 'kitchen.mjs' };

it('publishes a Unix socket with its mode, and removes it at the end', async () => {
  const socket = path.join(tempDir(), 'app.sock');
  const server = await startServer({
    ...HELLO,
    args: ['--socket', socket, '--socket-mode', '0600'],
  });
  expect((await request({ path: socket }, { path: '/hello' })).status).toBe(200);
  expect(fs.statSync(socket).mode & 0o777).toBe(0o600);
  expect(await server.stop()).toBe(0);
  expect(fs.readdirSync(path.dirname(socket))).toEqual([]);
});

it('replaces the socket of a server that was killed', async () => {
  const socket = path.join(tempDir(), 'app.sock');
  const first = await startServer({ ...HELLO, args: ['--socket', socket] });
  first.process.kill('SIGKILL');
  await first.ended();
  expect(fs.existsSync(socket)).toBe(true);
  await startServer({ ...HELLO, args: ['--socket', socket] });
  expect((await request({ path: socket }, { path: '/hello' })).status).toBe(200);
});

it('refuses the socket of a server that lives, and leaves it alone', async () => {
  const socket = path.join(tempDir(), 'app.sock');
  await startServer({ ...HELLO, args: ['--socket', socket] });
  const second = await startServer({
    ...HELLO,
    args: ['--socket', socket],
    dontWait: true,
    expectErrors: /./,
  });
  expect(await second.ended()).toBe(69);
  expect(second.log.length).toBe(1);
  expect(second.log[0]?.msg).toContain(socket);
  expect((await request({ path: socket }, { path: '/hello' })).status).toBe(200);
});

it('does not remove a socket that is no longer its own', async () => {
  const socket = path.join(tempDir(), 'app.sock');
  const server = await startServer({ ...HELLO, args: ['--socket', socket] });
  fs.unlinkSync(socket);
  const successor = createServer();
  onTestFinished(() => void successor.close());
  await new Promise<void>((resolve) => {
    successor.listen(socket, resolve);
  });
  expect(await server.stop()).toBe(0);
  expect(fs.existsSync(socket)).toBe(true);
});

it('serves several listeners at once, IPv6 among them', async () => {
  const socket = path.join(tempDir(), 'app.sock');
  const args = ['--listen', '127.0.0.1:0', '--listen', '[::1]:0', '--listen', `unix:${socket}`];
  const server = await startServer({ ...HELLO, args });
  const ports = server.log.flatMap(
    ({ msg }) => /^listening on (.*):(\d+)$/.exec(msg)?.slice(1) ?? [],
  );
  expect(ports.length).toBe(4);
  const addresses = [
    { host: '127.0.0.1', port: Number(ports[1]) },
    { host: '::1', port: Number(ports[3]) },
    { path: socket },
  ];
  for (const address of addresses) {
    expect((await request(address, { path: '/hello' })).body.toString()).toBe('hello\n');
  }
});

it('serves a listening socket that it inherits, and leaves its path alone', async () => {
  const socket = path.join(tempDir(), 'app.sock');
  // Bound, and never accepted from, by this process: what a supervisor does.
  const bound = bindOnly(socket);
  onTestFinished(() => bound.close());
  const server = await startServer({ ...HELLO, args: ['--listen', 'fd:3'], inherit: bound.fd });
  expect((await request({ path: socket }, { path: '/hello' })).status).toBe(200);
  expect(await server.stop()).toBe(0);
  expect(fs.existsSync(socket)).toBe(true);
});

/** Node has no public way to bind a Unix socket without accepting; its cluster module uses this one. */
function bindOnly(socket: string): { fd: number; close(): void } {
  const internals = net as unknown as {
    _createServerHandle(path: string, port: number, type: number): { fd: number; close(): void };
  };
  return internals._createServerHandle(socket, -1, -1);
}

it.each([
  ['a port in use', (busy: string) => ['--listen', busy], 69, /in use/],
  [
    'a directory that is missing',
    () => ['--socket', '/no/such/dir/app.sock'],
    69,
    /\/no\/such\/dir/,
  ],
  ['a socket path that is too long', () => ['--socket', `/tmp/${'x'.repeat(120)}`], 78, /107/],
  ['a descriptor that is not open', () => ['--listen', 'fd:77'], 69, /fd:77/],
])('tells %s in one line, without a stack', async (_title, args, code, message) => {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  const failed = await startServer({
    args: args(`127.0.0.1:${port}`),
    dontWait: true,
    expectErrors: /./,
  });
  expect(await failed.ended()).toBe(code);
  expect(failed.log.length).toBe(1);
  expect(failed.log[0]?.msg).toMatch(message);
  expect(failed.log[0]?.msg).not.toMatch(/\.js:\d/);
});
