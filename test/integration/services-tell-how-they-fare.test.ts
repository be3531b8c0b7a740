// NOTIFY_SOCKET and --notify-fd: what whoever started the server hears of it.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { posixUnavailable } from '../../src/posix/libc.ts';
import { createProject } from '../helpers/project.ts';
import { reload } from '../helpers/reload.ts';
import { receiveNotifications } from '../helpers/notify-receiver.ts';
import { request } from '../helpers/scgi-peer.ts';
import {
  BIN,
  childrenOf,
  cleanEnvironment,
  HANDLERS,
  startServer,
} from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { changed, HANDLER, startWatching, text } from '../helpers/watched.ts';
import { withoutKoffi } from '../helpers/without-koffi.ts';

const ONE_WORKER = ['--port', '0', '--max-workers', '2', '--spare-workers', '0'];

/** A handler that is loaded when the test says so. */
function slowHandler(): { file: string; go: () => void; halt: () => void } {
  const dir = tempDir();
  const file = path.join(dir, 'slow.mjs');
  const gate = path.join(dir, 'go');
  fs.writeFileSync(
    file,
    `import fs from 'node:fs';
    while (!fs.existsSync(${JSON.stringify(gate)})) await new Promise((r) => setTimeout(r, 10));
    export const produce = (env, size, input, output) => output.end('Content-Type: text/plain\\n\\n');`,
  );
  return { file, go: () => fs.writeFileSync(gate, ''), halt: () => fs.rmSync(gate) };
}

const isPortable = process.env['TEST_DISPATCH'] === 'portable' || posixUnavailable() !== undefined;

/** Whether this user may stop threads of processes that it has not started itself (ptrace(2)). */
function mayTrace(): boolean {
  const scope = '/proc/sys/kernel/yama/ptrace_scope';
  const isFree = !fs.existsSync(scope) || fs.readFileSync(scope, 'utf8').trim() === '0';
  if (isFree || process.getuid?.() === 0) return true;
  console.warn('SKIPPED: a dispatch thread that hangs: kernel.yama.ptrace_scope is not 0');
  return false;
}

/** The last of a server's threads: it is started when all others are there. */
function dispatchThread(pid: number): number {
  return Math.max(...fs.readdirSync(`/proc/${pid}/task`).map(Number));
}

/** Stops one thread of a process, as a debugger does, until it is released. */
function holdThread(tid: number): { stopped: Promise<unknown>; release: () => void } {
  // PTRACE_SEIZE, PTRACE_INTERRUPT; when the debugger ends, the thread goes on.
  const script = `$| = 1; my $ptrace = ${process.arch === 'x64' ? 101 : 117};
    for my $request (0x4206, 0x4207) { syscall($ptrace, $request, ${tid}, 0, 0) == 0 or die "ptrace: $!" }
    <STDIN>;`;
  const perl = spawn('perl', ['-e', script], { stdio: ['pipe', 'ignore', 'inherit'] });
  onTestFinished(() => void perl.kill('SIGKILL'));
  const stopped = waitFor(`thread ${tid} to stop`, () => / t /.test(statOf(tid)));
  return { stopped, release: () => perl.stdin.end() };
}

function statOf(tid: number): string {
  return fs.readFileSync(`/proc/${tid}/stat`, 'utf8');
}

describe('NOTIFY_SOCKET', () => {
  it.each(['a path', 'a name that is no file'])(
    'hears everything in order, at %s',
    async (kind) => {
      const systemd =
        kind === 'a path' ? receiveNotifications() : receiveNotifications(`@scgi-${process.pid}`);
      const { file, go } = slowHandler();
      const env = { NOTIFY_SOCKET: systemd.name };
      const server = await startServer({ handler: file, args: ONE_WORKER, env, dontWait: true });
      await server.logged(/^listening on /);
      await waitFor('the first status', () => systemd.messages().length > 0);
      await waitFor('a worker that loads', () => server.workers().length === 1);
      expect(systemd.messages()).toEqual(['STATUS=0 of 2 workers ready']);

      go();
      await waitFor('readiness', () => systemd.messages().some((one) => one.startsWith('READY=1')));
      expect(systemd.messages().at(-1)).toBe('READY=1; STATUS=1 of 2 workers ready');
      expect((await request(server.address())).status).toBe(200);
      expect(await server.stop()).toBe(0);
      expect(systemd.messages().filter((one) => !one.startsWith('STATUS='))).toEqual([
        'READY=1; STATUS=1 of 2 workers ready',
        'STOPPING=1; STATUS=graceful stop: SIGTERM',
      ]);
    },
  );

  it('hears of workers that die and come', async () => {
    const systemd = receiveNotifications();
    const { file, go, halt } = slowHandler();
    go();
    const env = { NOTIFY_SOCKET: systemd.name };
    const args = [...ONE_WORKER, '--min-workers', '2'];
    const expectErrors = /was killed by SIGKILL/;
    const server = await startServer({ handler: file, args, env, expectErrors });
    const last = () => systemd.messages().at(-1);
    await waitFor('both workers', () => last()?.endsWith('STATUS=2 of 2 workers ready'));
    // Others are started, and load until they may go on.
    halt();
    for (const pid of server.workers()) process.kill(pid, 'SIGKILL');
    await waitFor('the loss', () => last() === 'STATUS=0 of 2 workers ready');
    go();
    await waitFor('both workers again', () => last() === 'STATUS=2 of 2 workers ready');
    expect(systemd.messages().filter((message) => message.startsWith('READY=1')).length).toBe(1);
  });

  it('hears of a new generation, and when it is there', async () => {
    const systemd = receiveNotifications();
    const dir = tempDir();
    const handler = path.join(dir, 'handler.mjs');
    fs.mkdirSync(path.join(dir, 'lib'));
    fs.writeFileSync(path.join(dir, 'lib/text.mjs'), text('one'));
    fs.writeFileSync(handler, HANDLER);
    process.env['NOTIFY_SOCKET'] = systemd.name;
    const server = await startWatching(handler, ...ONE_WORKER).finally(() => {
      delete process.env['NOTIFY_SOCKET'];
    });
    await waitFor('readiness', () => systemd.messages().some((one) => one.startsWith('READY=1')));
    const before = systemd.messages().length;
    const now = Number(process.hrtime.bigint() / 1_000n);
    fs.writeFileSync(path.join(dir, 'lib/text.mjs'), text('two'));
    await changed(server, 1);
    await waitFor('readiness again', () =>
      systemd
        .messages()
        .slice(before)
        .some((one) => one.startsWith('READY=1')),
    );
    // A status may be late: it is told once a second at most.
    const told = systemd.messages().slice(before);
    const [reloading = '', ...rest] = told.filter((one) => !one.startsWith('STATUS='));
    const [, since] = /^RELOADING=1; MONOTONIC_USEC=(\d+)$/.exec(reloading) ?? [];
    expect(Number(since)).toBeGreaterThanOrEqual(now);
    expect(Number(since)).toBeLessThan(Number(process.hrtime.bigint() / 1_000n));
    expect(rest.length).toBe(1);
  });

  it('hears of a reload, and when it is over, whatever came of it', async () => {
    const systemd = receiveNotifications();
    const project = createProject({ 'handler.mjs': HANDLER, 'lib/text.mjs': text('one') });
    const server = await startServer({
      handler: project.path('handler.mjs'),
      args: ONE_WORKER,
      env: { NOTIFY_SOCKET: systemd.name },
      expectErrors: /^reload failed|cannot load the handler/,
    });
    for (const content of [text('two'), 'this is no JavaScript']) {
      await waitFor('readiness', () => systemd.messages().some((one) => one.startsWith('READY=1')));
      const before = systemd.messages().length;
      const told = (): string[] =>
        systemd
          .messages()
          .slice(before)
          .filter((one) => !one.startsWith('STATUS='))
          .map((one) => one.replace(/;.*/, ''));
      project.replace('lib/text.mjs', content);
      await reload(server);
      await waitFor('readiness again', () => told().length > 1);
      expect(told()).toEqual(['RELOADING=1', 'READY=1']);
    }
  });

  it('hears that it lives when no descriptor is left, too', async () => {
    const systemd = receiveNotifications();
    const env = { NOTIFY_SOCKET: systemd.name, WATCHDOG_USEC: '200000' };
    const server = await startServer({ handler: 'hello.mjs', args: ONE_WORKER, env });
    await waitFor('readiness', () => systemd.messages().some((one) => one.startsWith('READY=1')));
    const { pid } = server.process;
    const limit = (soft: number): unknown =>
      execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);
    limit(5);
    const before = systemd.messages().length;
    await waitFor('signs of life', () => systemd.messages().length > before + 2);
    limit(1_024);
  });

  it('hears that it lives as long as the main thread runs', async () => {
    const systemd = receiveNotifications();
    const env = { NOTIFY_SOCKET: systemd.name, WATCHDOG_USEC: '400000' };
    const server = await startServer({ handler: 'hello.mjs', args: ONE_WORKER, env });
    const signs = () => systemd.messages().filter((message) => message === 'WATCHDOG=1').length;
    await waitFor('some signs of life', () => signs() > 2);
    server.process.kill('SIGSTOP');
    // What was on its way has been heard then.
    await delay(300);
    const before = signs();
    await delay(1_000);
    expect(signs()).toBe(before);
    server.process.kill('SIGCONT');
    await waitFor('more signs of life', () => signs() > before);
    expect(await server.stop()).toBe(0);
  });

  it.skipIf(isPortable || !mayTrace())(
    'hears no signs of life when the dispatch thread hangs',
    async () => {
      const systemd = receiveNotifications();
      const env = { NOTIFY_SOCKET: systemd.name, WATCHDOG_USEC: '400000' };
      const args = [...ONE_WORKER, '--linger', '0', '--self-service', 'off'];
      const server = await startServer({ handler: 'hello.mjs', args, env });
      expect((await request(server.address())).status).toBe(200);
      const signs = () => systemd.messages().filter((message) => message === 'WATCHDOG=1').length;
      await waitFor('some signs of life', () => signs() > 2);
      const thread = dispatchThread(server.process.pid ?? -1);
      const held = holdThread(thread);
      await held.stopped;
      await delay(300);
      const before = signs();
      await delay(1_000);
      expect(signs()).toBe(before);
      held.release();
      await waitFor('more signs of life', () => signs() > before);
      expect(await server.stop()).toBe(0);
    },
  );

  it.each([
    ['none for us', { WATCHDOG_USEC: '100000', WATCHDOG_PID: '1' }],
    ['none at all', {}],
  ])('hears no signs of life where they are %s', async (_title, watchdog) => {
    const systemd = receiveNotifications();
    const env = { NOTIFY_SOCKET: systemd.name, ...watchdog };
    const server = await startServer({ handler: 'hello.mjs', args: ONE_WORKER, env });
    await delay(300);
    expect(await server.stop()).toBe(0);
    expect(systemd.messages()).toContain('STOPPING=1; STATUS=graceful stop: SIGTERM');
    expect(systemd.messages()).not.toContain('WATCHDOG=1');
  });

  it('hears nothing of what only looks at the configuration or handler', async () => {
    const systemd = receiveNotifications();
    const env = { ...cleanEnvironment(), NOTIFY_SOCKET: systemd.name, WATCHDOG_USEC: '100000' };
    const handler = path.join(HANDLERS, 'hello.mjs');
    for (const args of [['--print-config'], ['check', handler], ['check', '--print-config']]) {
      execFileSync(process.execPath, [BIN, ...args], { env, timeout: 30_000 });
    }
    expect(systemd.messages()).toEqual([]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'nobody listens there',
      { NOTIFY_SOCKET: '/none/such' },
      /^the service manager is told nothing any more: connect on unix:\/none\/such failed: ENOENT/,
    ],
    ['it is no name', { NOTIFY_SOCKET: 'x' }, /^NOTIFY_SOCKET: expected .*, got "x"$/],
    [
      'no C function can be called',
      { NOTIFY_SOCKET: '/none/such' },
      /^the service manager is told nothing \(use Type=exec instead of notify\): the package koffi/,
    ],
  ])('is warned of once where %s, and the server serves', async (title, variables, warning) => {
    const env = { ...variables, ...(title.startsWith('no C') ? withoutKoffi() : {}) };
    const args = [...ONE_WORKER, '--dispatch', 'auto'];
    const server = await startServer({ handler: 'hello.mjs', args, env });
    expect((await request(server.address())).status).toBe(200);
    expect(await server.stop()).toBe(0);
    const warnings = server.log.filter(({ msg }) => /manager|NOTIFY/.test(msg));
    expect(warnings.map(({ msg }) => msg)).toEqual([expect.stringMatching(warning)]);
  });
});

describe('--notify-fd', () => {
  it('gets a line when the first worker is ready, and is closed; no worker has it', async () => {
    const { file, go } = slowHandler();
    const args = ['-c', 'exec "$0" "$@" 5>&3 3>&-', process.execPath, BIN, '--notify-fd', '5'];
    const child = spawn('/bin/sh', [...args, '--port', '0', file], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: cleanEnvironment(),
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let log = '';
    let said = '';
    let isClosed = false;
    child.stderr?.on('data', (bytes) => (log += String(bytes)));
    child.stdio[3]?.on('data', (bytes) => (said += String(bytes)));
    child.stdio[3]?.on('close', () => (isClosed = true));
    await waitFor('the server', () => log.includes('listening on '));
    const worker = await waitFor('a worker', () => childrenOf(child.pid ?? -1)[0]);
    const pipe = fs.readlinkSync(`/proc/${child.pid}/fd/5`);
    const fds = fs.readdirSync(`/proc/${worker}/fd`);
    expect(fds.map((fd) => fs.readlinkSync(`/proc/${worker}/fd/${fd}`))).not.toContain(pipe);
    expect([said, isClosed]).toEqual(['', false]);

    go();
    await waitFor('the line, and the end', () => isClosed);
    expect(said).toBe('\n');
    child.kill('SIGTERM');
    await waitFor('the end', () => child.exitCode !== null);
  });

  it('gets it at once where no worker is to be started before a request', async () => {
    const fifo = path.join(tempDir(), 'ready');
    const fd = fs.openSync(fifo, 'w');
    const args = ['--port', '0', '--min-workers', '0', '--spare-workers', '0', '--notify-fd', '3'];
    await startServer({ handler: 'hello.mjs', args, inherit: fd, dontWait: true });
    await waitFor('the line', () => fs.readFileSync(fifo, 'utf8') === '\n');
  });

  it.each(['3', '4', '40'])('is an error where fd %s is not there, or is of node', async (fd) => {
    const args = ['--port', '0', '--notify-fd', fd];
    const server = await startServer({ args, dontWait: true, expectErrors: /./ });
    expect(await server.ended()).toBe(78);
    expect(server.log.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(`^scgi-server: notify-fd: .* started without fd ${fd}$`),
    ]);
  });
});
