// What the server does with sockets that whoever starts it passes to it. The real ones (systemd, lighttpd and
// others) are in test/servers; here are the rules, and what goes wrong.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPair } from '../../src/posix/channel.ts';
import { Descriptor } from '../../src/posix/descriptor.ts';
import type { BoundListener } from '../../src/posix/listeners.ts';
import { createListener, isNonBlocking } from '../../src/posix/listeners.ts';
import { accept, pollReadable, SOCK_STREAM } from '../../src/posix/sockets.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { StartOptions } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { withoutKoffi } from '../helpers/without-koffi.ts';

const HELLO = { handler: 'kitchen.mjs', noAddress: true } as const;

interface Held {
  fd: number;
  descriptor: Descriptor;
  address: PeerAddress & { path?: string };
  /** As the log shows it. */
  name: string;
}

/** A listening socket that the test holds, as a supervisor does. */
function hold(kind: 'tcp' | 'unix'): Held {
  const where =
    kind === 'tcp'
      ? ({ kind, host: '127.0.0.1', port: 0 } as const)
      : ({ kind, path: path.join(tempDir(), 's') } as const);
  const { descriptor, address } = createListener(where, { backlog: 64 });
  onTestFinished(() => descriptor.close());
  if (address.kind === 'unix') {
    const { path: file } = address;
    return { fd: descriptor.fd, descriptor, address: { path: file }, name: `unix:${file}` };
  }
  const { host, port } = address;
  return { fd: descriptor.fd, descriptor, address: { host, port }, name: `${host}:${port}` };
}

async function hello(address: PeerAddress): Promise<string> {
  return (await request(address, { path: '/hello' })).body.toString();
}

/** One that was accepted: what inetd passes with `nowait`. */
async function connection(): Promise<{ fd: number; peer: net.Socket }> {
  const listener: BoundListener = createListener(
    { kind: 'tcp', host: '127.0.0.1', port: 0 },
    { backlog: 4 },
  );
  const peer = net.connect((listener.address as { port: number }).port, '127.0.0.1');
  peer.on('error', () => {});
  await waitFor('a connection', () => pollReadable(listener.descriptor.fd, 0));
  const accepted = new Descriptor(accept(listener.descriptor), 'an accepted connection');
  listener.descriptor.close();
  onTestFinished(() => {
    peer.destroy();
    accepted.close();
  });
  return { fd: accepted.fd, peer };
}

/** Starts a server that is to end at once. @returns its exit code and the only line that it prints */
async function fails(options: StartOptions): Promise<[code: unknown, line: string]> {
  const server = await startServer({ ...options, dontWait: true, expectErrors: /./ });
  const code = await server.ended();
  expect(server.log.length).toBe(1);
  return [code, server.log[0]?.msg ?? ''];
}

/** What the server would listen on. */
async function printed(options: StartOptions): Promise<string> {
  const server = await startServer({
    noAddress: true,
    ...options,
    args: ['--print-config', ...(options.args ?? [])],
    dontWait: true,
    expectErrors: /./,
  });
  expect(await server.ended()).toBe(0);
  const lines = server.log.map(({ msg }) => msg.split(/ {2,}/).join(' '));
  return lines.filter((line) => /^(port|listen) /.test(line)).join(', ');
}

describe('LISTEN_FDS', () => {
  it('are listened on where no address is given, and stay when the server stops', async () => {
    const [tcp, unix] = [hold('tcp'), hold('unix')];
    const server = await startServer({
      ...HELLO,
      inherit: [tcp.fd, unix.fd],
      passedAs: 'app:admin',
    });
    expect(await hello(tcp.address)).toBe('hello\n');
    expect(await hello(unix.address)).toBe('hello\n');
    expect(server.log.map(({ msg }) => msg).filter((msg) => msg.startsWith('listening'))).toEqual([
      `listening on ${tcp.name} (inherited: fd:3, app)`,
      `listening on ${unix.name} (inherited: fd:4, admin)`,
    ]);
    expect(await server.stop()).toBe(0);
    expect(fs.existsSync(unix.address.path ?? '')).toBe(true);

    // Who connects now waits for the next server.
    const answers = [hello(tcp.address), hello(unix.address)];
    await waitFor('somebody who waits', () => pollReadable(unix.fd, 0) && pollReadable(tcp.fd, 0));
    await startServer({ ...HELLO, inherit: [tcp.fd, unix.fd], passedAs: 'app:admin' });
    expect(await Promise.all(answers)).toEqual(['hello\n', 'hello\n']);
  });

  it('are picked by name; the others are told, and let go', async () => {
    const [first, other, second] = [hold('tcp'), hold('unix'), hold('unix')];
    const server = await startServer({
      ...HELLO,
      inherit: [first.fd, other.fd, second.fd],
      passedAs: 'app:admin:app',
      args: ['--listen', 'fd:app'],
    });
    expect(await hello(first.address)).toBe('hello\n');
    expect(await hello(second.address)).toBe('hello\n');
    await server.logged(
      /^inherited and not used, since other addresses are given: fd:4 \(admin\)$/,
    );
    expect(openSockets(server.process.pid)).not.toContain(inode(other.fd));
    expect(openSockets(server.process.pid)).toContain(inode(first.fd));
  });

  it('are for the process that they are meant for', async () => {
    const { fd, name } = hold('tcp');
    const server = await startServer({
      handler: 'hello.mjs',
      inherit: fd,
      passedAs: 'app',
      passedTo: 1,
      args: ['--port', '0', '--log-level', 'debug'],
    });
    await server.logged(
      /^LISTEN_FDS is ignored: it is meant for process 1 \(LISTEN_PID\), .* exec the server$/,
    );
    expect(server.log.some(({ msg }) => msg.includes(name))).toBe(false);
  });

  it('and their like are not in the environment of workers and programs', async () => {
    const service = { NOTIFY_SOCKET: '/none', WATCHDOG_USEC: '9000000' };
    const hidden = Object.keys({ ...service, LISTEN_PID: 1, LISTEN_FDS: 1, LISTEN_FDNAMES: 1 });
    const { fd, address } = hold('tcp');
    const started = { inherit: fd, passedAs: 'app', env: service, noAddress: true };
    const ofWorkers = await startServer({ ...started, handler: 'environment.mjs' });
    const env = JSON.parse((await request(address)).body.toString()) as Record<string, string>;
    expect(Object.keys(env).filter((name) => hidden.includes(name))).toEqual([]);
    expect(await ofWorkers.stop()).toBe(0);

    const printenv = path.join(tempDir(), 'printenv.cgi');
    const head = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv\n";
    fs.writeFileSync(printenv, head, { mode: 0o755 });
    const passEnv = hidden.flatMap((name) => ['--pass-env', name]);
    await startServer({ ...started, cgi: [printenv], args: passEnv });
    const ofPrograms = (await request(address)).body.toString();
    expect(ofPrograms).toContain('REQUEST_METHOD=GET');
    expect(hidden.filter((name) => ofPrograms.includes(`${name}=`))).toEqual([]);
  });

  it('are served by the development gateway, too', async () => {
    const { fd } = hold('unix');
    const args = ['--http', '0'];
    const server = await startServer({ ...HELLO, inherit: fd, passedAs: 'app', args });
    const { msg } = await server.logged(/^open http/);
    const url = /http:\S+/.exec(msg)?.[0] ?? '';
    expect(await (await fetch(`${url}hello`)).text()).toBe('hello\n');
  });

  it('stand in --print-config with their source', async () => {
    const { fd } = hold('tcp');
    const options = { inherit: fd, passedAs: 'app' };
    expect(await printed(options)).toBe('port off (LISTEN_FDS), listen fd:3 (LISTEN_FDS)');
    const named = { ...options, args: ['--listen', 'fd:app'] };
    expect(await printed(named)).toBe('port off (--listen), listen fd:3 (--listen)');
  });

  it.each<[string, () => Promise<StartOptions>, number, RegExp]>([
    [
      'a count that is none',
      async () => ({ inherit: hold('tcp').fd, env: { LISTEN_FDS: 'x' } }),
      78,
      /LISTEN_FDS: expected how many sockets are passed from fd 3 on, got "x"$/,
    ],
    [
      'a name that nothing has',
      async () => ({ inherit: hold('tcp').fd, args: ['--listen', 'fd:web'] }),
      78,
      /fd:web: expected the name of a socket that was passed \(LISTEN_FDNAMES\), which are: app$/,
    ],
    [
      'a file',
      async () => ({ inherit: fs.openSync('/dev/null', 'r') }),
      69,
      /fd:3, app: the descriptor is no socket$/,
    ],
    [
      'a connection, as with Accept=yes',
      async () => ({ inherit: (await connection()).fd }),
      69,
      /fd:3, app: the descriptor is no listening socket; for a connection \(Accept=yes\)/,
    ],
    [
      'less than was announced',
      async () => ({ inherit: hold('tcp').fd, env: { LISTEN_FDS: '2' } }),
      69,
      /cannot listen on fd:4: /,
    ],
  ])('that are wrong are one line: %s', async (_title, options, code, line) => {
    const [got, said] = await fails({ ...HELLO, passedAs: 'app', ...(await options()) });
    expect(said).toMatch(line);
    expect(got).toBe(code);
  });
});

describe('a listening socket on standard input', () => {
  it('is served, kept from blocking, and left to whoever passed it', async () => {
    const { fd, descriptor, address, name } = hold('tcp');
    const server = await startServer({
      ...HELLO,
      input: fd,
      expectErrors: /was killed by SIGKILL/,
    });
    await server.logged(new RegExp(`^listening on ${name} \\(inherited: fd:0\\)$`));
    expect(await hello(address)).toBe('hello\n');
    // Libuv would make it block for all who have it when a process is started, or ends.
    for (const pid of server.workers()) process.kill(pid, 'SIGKILL');
    await server.logged(/was killed by SIGKILL/);
    expect(await hello(address)).toBe('hello\n');
    expect(isNonBlocking(descriptor)).toBe(true);
    expect(fs.readlinkSync(`/proc/${server.process.pid}/fd/0`)).toBe('/dev/null');
    expect(await server.stop()).toBe(0);
    expect(isNonBlocking(descriptor)).toBe(true);
    const last = net.connect({ ...address } as net.TcpNetConnectOpts);
    onTestFinished(() => void last.destroy());
    await waitFor('a connection that waits', () => pollReadable(fd, 0));
  });

  it('gets nothing of what is printed where it is standard output and error as well', async () => {
    const { fd, address } = hold('tcp');
    const args = ['--log-level', 'debug', '--access-log', 'all'];
    const options = { ...HELLO, args, input: fd, isBlind: true };
    const server = await startServer({ ...options, dontWait: true });
    const { raw } = await request(address, { path: '/hello' });
    expect(raw.toString()).toMatch(/^Status: 200 OK\r\n[^]*\r\n\r\nhello\n$/);
    for (const n of [0, 1, 2]) {
      expect(fs.readlinkSync(`/proc/${server.process.pid}/fd/${n}`)).toBe('/dev/null');
    }
    expect(await server.stop()).toBe(0);
  });

  it('is told and let go where an address is given', async () => {
    const { fd } = hold('tcp');
    const server = await startServer({ handler: 'hello.mjs', input: fd, args: ['--port', '0'] });
    await server.logged(/^inherited and not used, .*: fd:0, standard input$/);
    expect(openSockets(server.process.pid)).not.toContain(inode(fd));
  });

  it('is served where no C function can be called', async () => {
    const { fd, address } = hold('unix');
    const args = ['--dispatch', 'auto'];
    const server = await startServer({ ...HELLO, input: fd, args, env: withoutKoffi() });
    await server.logged(/^listening on fd:0 \(inherited: fd:0\)$/);
    expect(await hello(address)).toBe('hello\n');
    expect(await server.stop()).toBe(0);
    expect(fs.existsSync(address.path ?? '')).toBe(true);
  });
});

describe('any other standard input', () => {
  it.each(['here', 'not here'])('a connection is an error, with koffi %s', async (koffi) => {
    const { fd, peer } = await connection();
    let heard = '';
    peer.on('data', (bytes) => (heard += bytes.toString()));
    const env = koffi === 'here' ? {} : withoutKoffi();
    const [code, line] = await fails({ ...HELLO, args: ['--dispatch', 'auto'], input: fd, env });
    expect(line).toMatch(/^scgi-server: standard input is a connection.*`scgi-server inetd`$/);
    expect(code).toBe(69);

    const blind = await startServer({ ...HELLO, input: fd, isBlind: true, env, dontWait: true });
    expect(await blind.ended()).toBe(69);
    expect(heard).toBe('');
  });

  it.each<[string, () => number | 'pipe' | undefined]>([
    ['nothing', () => undefined],
    ['a file', () => fs.openSync('package.json', 'r')],
    ['what Node takes for a pipe, a pair of sockets', () => 'pipe'],
    [
      'half of such a pair, with output the same',
      () => {
        const [a, b] = createPair(SOCK_STREAM, 'a pair');
        onTestFinished(() => [a, b].forEach((one) => one.close()));
        return a.fd;
      },
    ],
  ])('%s changes nothing', async (_title, input) => {
    const given = input();
    const options = given === undefined ? {} : { input: given };
    expect(await printed(options)).toBe('port 4000 (default), listen none (default)');
  });
});

function inode(fd: number): string {
  return fs.readlinkSync(`/proc/self/fd/${fd}`);
}

function openSockets(pid: number | undefined): string[] {
  const folder = `/proc/${pid}/fd`;
  return fs.readdirSync(folder).flatMap((name) => {
    try {
      const target = fs.readlinkSync(`${folder}/${name}`);
      return target.startsWith('socket:') ? [target] : [];
    } catch {
      // It has been closed meanwhile.
      return [];
    }
  });
}
