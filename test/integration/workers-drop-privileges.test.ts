// --user and --group: workers are somebody else before anything of the handler runs, and stay so.

import fs from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { copyDescriptorOf } from '../../src/posix/process.ts';
import type { Found } from '../helpers/identity-handler.ts';
import { IDENTITY_HANDLER } from '../helpers/identity-handler.ts';
import {
  ADM,
  as,
  describeAsRoot,
  NOBODY,
  openDir,
  statusOf,
  threadsOf,
  whyNoMounts,
  withFiles,
  writeModule,
  WWW_DATA,
} from '../helpers/identities.ts';
import { writeShellProgram } from '../helpers/programs.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { RunningServer, StartOptions } from '../helpers/start-server.ts';
import { isAlive, startServer } from '../helpers/start-server.ts';
import { canRun } from '../servers/front.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const AS_WWW_DATA = ['--user', 'www-data'];
const IDS = { uid: 33, euid: 33, gid: 33, egid: 33 };

function start(args: string[], options: StartOptions = {}): Promise<RunningServer> {
  return startServer({
    handler: writeModule(IDENTITY_HANDLER),
    ...options,
    args: ['--max-workers', '1', ...args],
  });
}

async function ask(server: RunningServer, query: Record<string, string> = {}): Promise<Found> {
  const search = new URLSearchParams(query).toString();
  const { body } = await request(server.address(), { path: `/?${search}` });
  return JSON.parse(body.toString()) as Found;
}

describeAsRoot('a worker under --user', () => {
  it('is that user for good, with all ids, in all threads, and the master stays root', async () => {
    const server = await start(AS_WWW_DATA);
    const { pid, atLoad, now } = await ask(server);
    expect(atLoad).toMatchObject({ ...IDS, groups: [33] });
    expect(now).toEqual(atLoad);
    for (const thread of threadsOf(pid)) {
      expect(statusOf(pid, thread)).toMatchObject({
        Uid: '33 33 33 33',
        Gid: '33 33 33 33',
        Groups: '33',
        CapPrm: '0000000000000000',
        CapEff: '0000000000000000',
      });
    }
    expect(statusOf(server.process.pid ?? 0)['Uid']).toBe('0 0 0 0');
    expect(server.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('cannot become root, read its files, signal the master, or use what only that may', async () => {
    const secret = path.join(openDir(), 'secret');
    fs.writeFileSync(secret, 'x', { mode: 0o600 });
    // As the sockets are that only their owner may use.
    const socket = path.join(openDir(), 'control.sock');
    const owner = createServer().listen(socket);
    onTestFinished(() => void owner.close());
    await waitFor('the socket', () => owner.listening);
    fs.chmodSync(socket, 0o600);

    const server = await start(AS_WWW_DATA);
    const { attempts, now } = await ask(server, { read: secret, connect: socket, run: '1' });
    expect(attempts).toEqual({
      setuid: 'EPERM',
      seteuid: 'EPERM',
      setgid: 'EPERM',
      setgroups: 'EPERM',
      kill: 'EPERM',
      read: 'EACCES',
      connect: 'EACCES',
      run: '33',
    });
    expect(now).toMatchObject(IDS);
  });

  it('can do all of that without the option, which a line at the start says', async () => {
    const secret = path.join(openDir(), 'secret');
    fs.writeFileSync(secret, 'x', { mode: 0o600 });
    const server = await start([]);
    expect((await ask(server, { read: secret })).attempts).toMatchObject({
      setuid: 'done',
      kill: 'done',
      read: 'done',
    });
    const warnings = server.log.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
    expect(warnings).toEqual([expect.stringMatching(/^workers run as root: .*--user/)]);
  });

  it('has the groups of its user, and none of the server', async () => {
    if (!canRun('the groups of a user', whyNoMounts())) return;
    const groups = fs.readFileSync('/etc/group', 'utf8');
    const inside = [
      ...withFiles({ '/etc/group': groups.replace(/^adm:.*$/m, 'adm:x:4:somebody,www-data') }),
      'setpriv',
      '--groups=0,5,6',
    ];
    const server = await start(AS_WWW_DATA, { inside });
    expect(statusOf(server.process.pid ?? 0)['Groups']).toBe('0 5 6');
    const { pid, atLoad } = await ask(server);
    expect(atLoad.groups.sort((a, b) => a - b)).toEqual([ADM, 33]);
    expect(statusOf(pid)['Groups']).toBe('4 33');
  });

  it('has the group that is named, and a user without an entry has that alone', async () => {
    const server = await start(['--user', '4711', '--group', 'adm'], {
      inside: ['setpriv', '--groups=0,5,6'],
    });
    const { pid, home } = await ask(server);
    expect(statusOf(pid)).toMatchObject({
      Uid: '4711 4711 4711 4711',
      Gid: '4 4 4 4',
      Groups: '4',
    });
    expect(home).toEqual({ HOME: '/', USER: '4711', LOGNAME: '4711' });
  });

  it("has its user's home and name, unless --env says otherwise", async () => {
    const server = await start([...AS_WWW_DATA, '--clear-env', '--env', 'HOME=/srv']);
    expect((await ask(server)).home).toEqual({
      HOME: '/srv',
      USER: 'www-data',
      LOGNAME: 'www-data',
    });
  });

  it('is replaced by another one that is nobody else', async () => {
    const server = await start(AS_WWW_DATA, {
      expectErrors: /exited with code 3|process\.exit\(3\)/,
    });
    const { pid } = await ask(server);
    await request(server.address(), { path: '/?exit' }).catch(() => {});
    await waitFor('another worker', () => server.workers().some((other) => other !== pid), 30_000);
    const found = await ask(server);
    expect(found.pid).not.toBe(pid);
    expect(found.atLoad).toMatchObject(IDS);
  });

  it('dies with the master, though it runs in a loop for ever', async () => {
    const server = await start([...AS_WWW_DATA, '--dispatch', 'native']);
    const pids = server.workers();
    const lost = request(server.address(), { path: '/?loop' }).catch((error: Error) => error);
    const before = ticks(pids[0]);
    await waitFor('the loop', () => ticks(pids[0]) > before + 10, 30_000);
    server.process.kill('SIGKILL');
    await waitFor('the end of the worker', () => !pids.some(isAlive), 20_000);
    await lost;
  });

  it('makes files with the mode that --umask leaves, in the folder of --chdir', async () => {
    const dir = openDir();
    fs.chownSync(dir, 33, 33);
    const server = await start([...AS_WWW_DATA, '--umask', '0027', '--chdir', dir]);
    const { pid, atLoad, attempts } = await ask(server, { write: 'made-here' });
    expect(atLoad.cwd).toBe(dir);
    expect(attempts['write']).toBe('done');
    const made = fs.statSync(path.join(dir, 'made-here'));
    expect([made.mode & 0o777, made.uid, made.gid]).toEqual([0o640, 33, 33]);
    expect(statusOf(pid)['Umask']).toBe('0027');
    expect(fs.readlinkSync(`/proc/${pid}/cwd`)).toBe(dir);
    expect(fs.readlinkSync(`/proc/${server.process.pid}/cwd`)).not.toBe(dir);
  });

  it('cannot remove the socket and the pid file, which the master does when it stops', async () => {
    const dir = openDir();
    const [socket, pidFile] = [path.join(dir, 'app.sock'), path.join(dir, 'app.pid')];
    const owned = ['--socket-owner', 'nobody', '--socket-group', 'www-data', '--pid-file', pidFile];
    const server = await start([...AS_WWW_DATA, '--socket', socket, ...owned]);
    expect(fs.statSync(socket)).toMatchObject({ uid: NOBODY.uid, gid: WWW_DATA.gid });
    expect((await ask(server, { unlink: socket })).attempts['unlink']).toBe('EACCES');
    expect((await ask(server, { unlink: pidFile })).attempts['unlink']).toBe('EACCES');
    expect(await server.stop()).toBe(0);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  it("lends the master its connections, as far as the kernel lets the master have a process's", async () => {
    const server = await start([...AS_WWW_DATA, '--dispatch', 'native']);
    const [worker = -1] = server.workers();
    expect(kindOfCopy(worker)).toBe(kindOfCopy(server.process.pid ?? -1));
  });
});

describeAsRoot('what a worker under --user starts', () => {
  it.each([
    ['the portable dispatcher', ['--dispatch', 'portable']],
    ['the native dispatcher', ['--dispatch', 'native']],
    ['--direct', ['--dispatch', 'native', '--direct']],
  ])('runs as its user: CGI programs of %s', async (_mode, args) => {
    const dir = openDir();
    const program = writeShellProgram(
      'grep -E "^(Uid|Gid|Groups|Umask):" /proc/self/status; ls /proc/self/fd | wc -l',
      'who.cgi',
      dir,
    );
    const server = await startServer({
      cgi: [program],
      args: [...AS_WWW_DATA, '--umask', '0077', ...args],
      // Its parent has left a descriptor open that Node does not look for.
      inside: ['bash', '-c', 'exec 200</dev/null; exec "$@"', 'bash', 'setpriv', '--groups=0,5'],
    });
    // With --direct, the head is not completed.
    const { bytes } = await rawExchange(server.address(), encodeScgi({ REQUEST_METHOD: 'GET' }));
    const [, body = ''] = bytes.toString().replaceAll('\r', '').split('\n\n');
    const lines = body.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').trim());
    expect(lines.slice(0, 4)).toEqual([
      'Umask: 0077',
      'Uid: 33 33 33 33',
      'Gid: 33 33 33 33',
      'Groups: 33',
    ]);
    // Standard input, output and error, and that of the listing. Node would pass on what it does not know.
    if (args.includes('native')) expect(Number(lines[4])).toBe(4);
  });

  it('runs as its user: the development gateway', async () => {
    const server = await start([...AS_WWW_DATA, '--http', '0']);
    const { msg } = await server.logged(/^open http/, 30_000);
    const [url = ''] = /http:\S+/.exec(msg) ?? [];
    const found = (await (await fetch(url)).json()) as Found;
    expect(found.now).toMatchObject(IDS);
    const gateway = fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .find((pid) => isGatewayOf(server.process.pid ?? -1, pid));
    expect(statusOf(gateway ?? -1)).toMatchObject({ Uid: '33 33 33 33', Groups: '33' });
  });
});

describeAsRoot('--user', () => {
  it('may be who the server is already', async () => {
    const server = await start(AS_WWW_DATA, { inside: as(WWW_DATA) });
    const { atLoad, home } = await ask(server);
    expect(atLoad).toMatchObject(IDS);
    expect(home['HOME']).toBe('/var/www');
    expect(server.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('may be root, which is warned of', async () => {
    const server = await start(['--user', 'root'], { inside: ['setpriv', '--groups=5'] });
    const { pid } = await ask(server);
    expect(statusOf(pid)).toMatchObject({ Uid: '0 0 0 0', Groups: '0' });
    const warnings = server.log.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
    expect(warnings).toEqual([expect.stringMatching(/^--user root: /)]);
  });
});

it('changes neither mask nor folder of the workers unless it is told to', async () => {
  const dir = fs.realpathSync(tempDir());
  const server = await start([], { cwd: dir });
  const { pid, atLoad } = await ask(server);
  expect(atLoad.cwd).toBe(dir);
  expect(statusOf(pid)['Umask']).toBe(statusOf(process.pid)['Umask']);
});

/** Of a copy of a process's standard output: a descriptor, or the error. */
function kindOfCopy(pid: number): string {
  const copy = copyDescriptorOf(pid, 1);
  if ('close' in copy) copy.close();
  return copy.constructor.name;
}

function ticks(pid: number = -1): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function isGatewayOf(master: number, pid: number): boolean {
  try {
    const isChild = statusOf(pid)['PPid'] === String(master);
    return isChild && /gateway/.test(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    // It is gone.
    return false;
  }
}
