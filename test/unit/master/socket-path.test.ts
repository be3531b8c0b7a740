import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SocketPath } from '../../../src/master/socket-path.ts';
import { prepareSocketPath } from '../../../src/master/socket-path.ts';

const mode = 0o660;

const refusal = (message: string | RegExp) =>
  expect.objectContaining({ code: 'ERR_SCGI_LISTEN', message: expect.stringMatching(message) });

describe('socket-path', () => {
  let directory: string;
  let path: string;
  const servers: Server[] = [];
  const processes: ChildProcess[] = [];
  const sockets: Socket[] = [];

  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'scgi-path-'));
    path = join(directory, 'app.sock');
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const child of processes.splice(0)) child.kill('SIGKILL');
    await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
    fs.rmSync(directory, { recursive: true });
  });

  /** A server that says who it is to everybody who connects. */
  async function listen(at: string, name: string = 'ours'): Promise<Server> {
    const server = createServer((socket) => socket.end(name)).listen(at);
    servers.push(server);
    await once(server, 'listening');
    return server;
  }

  /** Another process that listens at a path; resolves when it does. */
  async function startOther(at: string, backlog: number = 10): Promise<ChildProcess> {
    const code = `require('net').createServer().listen({ path: ${JSON.stringify(at)}, backlog: ${backlog} }, () => console.log('listening'))`;
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    processes.push(child);
    await once(child.stdout, 'data');
    return child;
  }

  async function leaveStaleSocket(): Promise<void> {
    const child = await startOther(path);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(fs.lstatSync(path).isSocket()).toBe(true);
  }

  async function publish(options = { mode }, name: string = 'ours'): Promise<SocketPath> {
    const socketPath = await prepareSocketPath(path, options);
    await socketPath.bind((at) => listen(at, name));
    socketPath.publish();
    return socketPath;
  }

  async function whoAnswers(): Promise<string> {
    const socket = connect(path);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  test('publishes a bound socket with its mode, and removes it', async () => {
    const socketPath = await publish();
    expect(fs.lstatSync(path).mode & 0o777).toBe(mode);
    expect(fs.readdirSync(directory)).toEqual(['app.sock']);
    expect(await whoAnswers()).toBe('ours');
    socketPath.unpublish();
    expect(fs.readdirSync(directory)).toEqual([]);
    socketPath.unpublish();
  });

  test('the path does not exist before it is published', async () => {
    const socketPath = await prepareSocketPath(path, { mode });
    await socketPath.bind((at) => listen(at));
    expect(fs.existsSync(path)).toBe(false);
    socketPath.unpublish();
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test.each(['s', 'ab', 'app.sock', 'a-rather-long-name.sock'])(
    'the temporary name of %s is hidden if there is room, and never longer',
    async (name) => {
      const { temporaryPath } = await prepareSocketPath(join(directory, name), { mode });
      expect(dirname(temporaryPath)).toBe(directory);
      expect(basename(temporaryPath)).toMatch(name.length > 1 ? /^\.[a-z0-9]+$/ : /^[a-z0-9]$/);
      expect(basename(temporaryPath).length).toBeLessThanOrEqual(name.length);
      expect(temporaryPath).not.toBe(join(directory, name));
    },
  );

  test('works at the very limit of 107 bytes and refuses 108, counted in bytes', async () => {
    path = join(directory, 'x');
    path = path.padEnd(107, 'x');
    const socketPath = await publish();
    expect(await whoAnswers()).toBe('ours');
    socketPath.unpublish();
    await expect(prepareSocketPath(`${path}x`, { mode })).rejects.toEqual(
      refusal(/the path has 108 bytes, the system's limit is 107/),
    );
    await expect(prepareSocketPath(`${path.slice(0, -1)}ü`, { mode })).rejects.toEqual(
      refusal(/108 bytes/),
    );
  });

  test('replaces a stale socket without a moment in which the path is missing', async () => {
    await leaveStaleSocket();
    const socketPath = await prepareSocketPath(path, { mode });
    await socketPath.bind((at) => listen(at));
    expect(fs.lstatSync(path).isSocket()).toBe(true);
    socketPath.publish();
    expect(await whoAnswers()).toBe('ours');
  });

  test('refuses the path of a live server, and leaves it alone', async () => {
    await startOther(path);
    await expect(prepareSocketPath(path, { mode })).rejects.toEqual(
      refusal(/app\.sock: another server is listening there$/),
    );
    expect(fs.lstatSync(path).isSocket()).toBe(true);
  });

  test('takes a full backlog for a live server', async () => {
    const child = await startOther(path, 1);
    child.kill('SIGSTOP');
    let isFull = false;
    for (let n = 0; n < 8 && !isFull; n += 1) {
      const socket = connect(path);
      sockets.push(socket);
      isFull = await Promise.race([
        once(socket, 'connect').then(() => false),
        once(socket, 'error').then(() => true),
      ]).catch((error: NodeJS.ErrnoException) => error.code === 'EAGAIN');
    }
    expect(isFull).toBe(true);
    await expect(prepareSocketPath(path, { mode })).rejects.toEqual(
      refusal(/another server is listening/),
    );
  });

  test.each([
    ['a regular file', () => fs.writeFileSync(path, 'precious')],
    ['a directory', () => fs.mkdirSync(path)],
    ['a symbolic link', () => fs.symlinkSync('elsewhere', path)],
  ])('refuses to replace %s', async (kind, create) => {
    create();
    await expect(prepareSocketPath(path, { mode })).rejects.toEqual(
      refusal(`${kind} is there, which will not be replaced`),
    );
    expect(fs.lstatSync(path)).toBeDefined();
  });

  test('says that the directory does not exist, or is none', async () => {
    await expect(prepareSocketPath(join(directory, 'no/app.sock'), { mode })).rejects.toEqual(
      refusal(/\/no: the directory does not exist$/),
    );
    fs.writeFileSync(join(directory, 'file'), '');
    await expect(prepareSocketPath(join(directory, 'file/app.sock'), { mode })).rejects.toEqual(
      refusal(/file: it is not a directory$/),
    );
  });

  test.runIf(process.getuid?.() === 0)('sets owner and group, by name or number', async () => {
    const socketPath = await prepareSocketPath(path, { mode, owner: 'nobody', group: 4711 });
    await socketPath.bind((at) => listen(at));
    socketPath.publish();
    const { uid, gid } = fs.lstatSync(path);
    expect(uid).toBeGreaterThan(0);
    expect(gid).toBe(4711);
  });

  test.runIf(process.getuid?.() === 0)(
    'an ordinary user is told that a socket may not be connected to',
    async () => {
      await startOther(path);
      fs.chmodSync(path, 0o600);
      fs.chmodSync(directory, 0o777);
      process.seteuid?.(65_534);
      const attempt = await prepareSocketPath(path, { mode }).catch((error: unknown) => error);
      process.seteuid?.(0);
      expect(attempt).toEqual(refusal(/may not connect, so a server may be listening$/));
    },
  );

  test('an ordinary user is told that the directory may not be written', async () => {
    fs.chmodSync(directory, 0o755);
    const module = new URL('../../../src/master/socket-path.ts', import.meta.url).href;
    const code = `
      const { prepareSocketPath } = await import(${JSON.stringify(module)});
      if (process.getuid() === 0) process.setuid(65534);
      prepareSocketPath(${JSON.stringify(path)}, { mode: 0o660 }).catch((error) => console.log(error.message));
    `;
    if (process.getuid?.() !== 0) fs.chmodSync(directory, 0o555);
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = await text(child.stdout);
    fs.chmodSync(directory, 0o755);
    expect(output).toMatch(/user \d+ may not write to the directory\n$/);
  });

  test('names an unknown user or group', async () => {
    await expect(prepareSocketPath(path, { mode, owner: 'no-such-user' })).rejects.toThrow(
      'there is no user "no-such-user"',
    );
    await expect(prepareSocketPath(path, { mode, group: 'no-such-group' })).rejects.toThrow(
      'there is no group "no-such-group"',
    );
  });

  test("does not remove a successor's socket", async () => {
    const first = await publish();
    servers[0]?.close(); // stops listening; to a successor the socket is stale
    const second = await publish({ mode }, 'second');
    first.unpublish();
    expect(await whoAnswers()).toBe('second');
    second.unpublish();
    expect(fs.existsSync(path)).toBe(false);
  });

  test('of two that start at once, only one gets the path', async () => {
    const [first, second] = [
      await prepareSocketPath(path, { mode }),
      await prepareSocketPath(path, { mode }),
    ];
    await first.bind((at) => listen(at, 'first'));
    await second.bind((at) => listen(at, 'second'));
    first.publish();
    expect(() => second.publish()).toThrow(refusal(/another server has just put its own/));
    second.unpublish();
    expect(await whoAnswers()).toBe('first');
    expect(fs.readdirSync(directory)).toEqual(['app.sock']);
  });

  test('says so when the socket was never bound', async () => {
    const socketPath = await prepareSocketPath(path, { mode });
    expect(() => socketPath.publish()).toThrow(refusal(/ENOENT/));
    socketPath.unpublish();
  });
});
