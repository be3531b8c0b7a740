// Those who pass a listening socket as standard input: lighttpd by its `bin-path`, spawn-fcgi, inetd with `wait`.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { adaptSample } from '../helpers/config-sample.ts';
import { programPath, startInForeground } from '../helpers/foreground.ts';
import { httpRequest } from '../helpers/load.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { request } from '../helpers/scgi-peer.ts';
import { BIN, cleanEnvironment, HANDLERS, isAlive } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { freePort, listensInside } from '../helpers/tcp-port.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { hasProgram } from './front.ts';
import { application, dispatchVariable, masters, readIfThere, startStarter } from './started-by.ts';
import { LIGHTTPD } from './web-servers.ts';

const KITCHEN = path.join(HANDLERS, 'kitchen.mjs');

async function hello(address: PeerAddress): Promise<string> {
  return (await request(address, { path: '/hello' })).body.toString();
}

interface RunningLighttpd {
  url: string;
  socket: string;
  pid: number;
  /** Its master's pid. */
  master(): number | undefined;
  stop(): Promise<void>;
}

/** lighttpd with config/lighttpd-spawn.conf. */
async function startLighttpd(handler: string): Promise<RunningLighttpd> {
  const dir = tempDir();
  const port = await freePort();
  const socket = path.join(dir, 'app.sock-0');
  const [[name, value] = ['', '']] = Object.entries(dispatchVariable());
  const environment = name === '' ? '' : `, "${name}" => "${value}"`;
  const sample = adaptSample('lighttpd-spawn.conf', [
    ['"/run/lighttpd/app.sock"', `"${dir}/app.sock"`],
    ['/usr/bin/node', process.execPath],
    ['/usr/local/bin/scgi-server', BIN],
    ['/srv/app/hello.mjs', path.join(application(dir, handler), 'hello.mjs')],
    ['"NODE_ENV" => "production"', `"NODE_ENV" => "production"${environment}`],
  ]);
  const file = path.join(dir, 'lighttpd.conf');
  fs.writeFileSync(file, `${LIGHTTPD.base(dir, port)}\n${sample}`);
  const errorLog = (): string => readIfThere(path.join(dir, 'error.log'));
  let last = '';
  onTestFailed(() => console.error(`error log of lighttpd:\n${last}`));
  const args = ['-D', '-f', file];
  const running = await startInForeground({ command: 'lighttpd', args, port, errorLog });
  const master = (): number | undefined => masters(running.pid)[0];
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    // The folder goes before a failure is told.
    last = errorLog();
    const left = masters(running.pid);
    await running.stop();
    await waitFor('the end of the server', () => !left.some(isAlive), 20_000);
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${port}`, socket, pid: running.pid, master, stop };
}

const BIN_PATH = 'config/lighttpd-spawn.conf';

describe.skipIf(!hasProgram('lighttpd', BIN_PATH))(`lighttpd, ${BIN_PATH}`, () => {
  it('starts one server, starts it again when it is killed, and leaves nothing when it stops', async () => {
    const lighttpd = await startLighttpd('kitchen.mjs');
    const get = () => httpRequest(`${lighttpd.url}/app/hello`);
    await waitFor('an answer', async () => (await get()).status === 200, 20_000);
    expect((await get()).body.toString()).toBe('hello\n');
    const first = lighttpd.master() ?? -1;
    expect(masters(lighttpd.pid)).toEqual([first]);
    expect(fs.existsSync(lighttpd.socket)).toBe(true);

    process.kill(first, 'SIGKILL');
    const next = await waitFor('the next master', () => {
      const pid = lighttpd.master();
      return pid === first ? undefined : pid;
    });
    await waitFor('an answer', async () => (await get()).status === 200, 20_000);

    await lighttpd.stop();
    expect(isAlive(next)).toBe(false);
    expect(fs.existsSync(lighttpd.socket)).toBe(false);
  });

  it('passes on what is below the mount', async () => {
    const { url } = await startLighttpd('environment.mjs');
    const get = () => httpRequest(`${url}/app/some/page`);
    await waitFor('an answer', async () => (await get()).status === 200, 20_000);
    const env = JSON.parse((await get()).body.toString()) as Record<string, string>;
    expect([env['SCRIPT_NAME'], env['PATH_INFO']]).toEqual(['/app', '/some/page']);
  });
});

describe.skipIf(!hasProgram('spawn-fcgi', 'spawn-fcgi'))('spawn-fcgi', () => {
  it('becomes the server with -n', async () => {
    const dir = tempDir();
    const socket = path.join(dir, 'app.sock');
    const command = ['spawn-fcgi', '-n', '-s', socket, '-M', '0600', '--', process.execPath, BIN];
    const starter = startStarter([...command, KITCHEN]);
    await waitFor('the server', () => starter.log().includes('is ready'), 20_000);
    expect(starter.log()).toContain(`listening on unix:${socket} (inherited: fd:0)`);
    expect(await hello({ path: socket })).toBe('hello\n');
    expect(fs.statSync(socket).mode & 0o777).toBe(0o600);
    starter.process.kill('SIGTERM');
    await waitFor('the end', () => starter.process.exitCode === 0);
    // It was spawn-fcgi's to make, and is nobody's to remove.
    expect(fs.existsSync(socket)).toBe(true);
  });

  it('starts it in the background, with a pid file', async () => {
    const dir = tempDir();
    const port = await freePort();
    const pidFile = path.join(dir, 'pid');
    const command = `exec ${process.execPath} ${BIN} ${KITCHEN} 2>>${dir}/log`;
    const where = ['-a', '127.0.0.1', '-p', String(port), '-P', pidFile];
    const args = [...where, '--', '/bin/sh', '-c', command];
    const { stderr, status } = spawnSync(programPath('spawn-fcgi') ?? '', args, {
      env: { ...cleanEnvironment(), ...dispatchVariable() },
      encoding: 'utf8',
    });
    expect([stderr, status]).toEqual(['', 0]);
    const pid = Number(fs.readFileSync(pidFile, 'utf8'));
    onTestFinished(async () => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      await waitFor('the end of the server', () => !isAlive(pid));
    });
    expect(await hello({ port })).toBe('hello\n');
    expect(readIfThere(`${dir}/log`)).toContain(`listening on 127.0.0.1:${port} (inherited: fd:0)`);
    process.kill(pid, 'SIGTERM');
    await waitFor('the end', () => readIfThere(`${dir}/log`).includes('stopped exitCode=0'));
  });
});

describe.skipIf(!hasProgram('inetd', 'inetd with wait'))('openbsd-inetd with wait', () => {
  it.each(['as it is', 'by a script with a log of its own'])(
    'starts the server %s',
    async (how) => {
      const dir = tempDir();
      const port = await freePort();
      const script = path.join(dir, 'app');
      const server = `${process.execPath} ${BIN} ${KITCHEN}`;
      fs.writeFileSync(script, `#!/bin/sh\nexec ${server} 2>>${dir}/log\n`, { mode: 0o755 });
      const isScript = how !== 'as it is';
      const program = isScript ? `${script} app` : `${process.execPath} node ${BIN} ${KITCHEN}`;
      const { username } = os.userInfo();
      const line = `127.0.0.1:${port} stream tcp wait.6000 ${username} ${program}\n`;
      fs.writeFileSync(path.join(dir, 'inetd.conf'), line);
      const inetd = startStarter(['inetd', '-i', path.join(dir, 'inetd.conf')]);
      // Asked of the kernel: a connection would start a process.
      await waitFor('inetd', () => listensInside(process.pid, port));
      expect(await hello({ port })).toBe('hello\n');
      const [first = -1] = masters(inetd.process.pid ?? -1);
      if (isScript) expect(readIfThere(`${dir}/log`)).toContain('(inherited: fd:0)');

      // inetd has its socket back when the server ends, and starts another for the next who comes.
      process.kill(first, 'SIGTERM');
      await waitFor('the end of the server', () => !isAlive(first));
      expect(await hello({ port })).toBe('hello\n');
      const [second = -1] = masters(inetd.process.pid ?? -1);
      expect([first, -1]).not.toContain(second);
      // It would live on.
      process.kill(second, 'SIGTERM');
      await waitFor('its end', () => !isAlive(second));
    },
  );
});
