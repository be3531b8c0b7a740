// The units in config/systemd, as far as they run without systemd as process 1: they are checked by systemd's own
// tools, and the command of the service is started with the sockets of the socket unit.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { adaptSample } from '../helpers/config-sample.ts';
import { receiveNotifications } from '../helpers/notify-receiver.ts';
import { request } from '../helpers/scgi-peer.ts';
import { BIN } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { freePort } from '../helpers/tcp-port.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { hasProgram } from './front.ts';
import { application, startStarter } from './started-by.ts';

interface Units {
  service: string;
  socket: string;
  /** Paths of the files. */
  files: string[];
  /** Where the socket is to be. */
  listen: string;
  app: string;
}

function writeUnits(handler: string): Units {
  const dir = tempDir();
  const app = application(dir, handler);
  const listen = path.join(dir, 'app.sock');
  const service = adaptSample('systemd/scgi-server.service', [
    ['/usr/local/bin/scgi-server', BIN],
    ['WorkingDirectory=/srv/app', `WorkingDirectory=${app}`],
  ]);
  const socket = adaptSample('systemd/scgi-server.socket', [
    ['ListenStream=/run/app.sock', `ListenStream=${listen}`],
  ]);
  const files = [path.join(dir, 'scgi-server.service'), path.join(dir, 'scgi-server.socket')];
  fs.writeFileSync(files[0] ?? '', service);
  fs.writeFileSync(files[1] ?? '', socket);
  return { service, socket, files, listen, app };
}

/** The value of a directive, which has to be there once. */
function valueOf(unit: string, name: string): string {
  const values = unit.split('\n').filter((line) => line.startsWith(`${name}=`));
  expect([name, values.length]).toEqual([name, 1]);
  return values[0]?.slice(name.length + 1) ?? '';
}

describe.skipIf(!hasProgram('systemd-analyze', 'the units of systemd'))('the units', () => {
  it('are without fault to systemd-analyze verify', () => {
    const { files } = writeUnits('hello.mjs');
    const { status, stdout, stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', ...files],
      { encoding: 'utf8', timeout: 30_000, env: { ...process.env, SYSTEMD_LOG_LEVEL: 'warning' } },
    );
    expect([stdout + stderr, status]).toEqual(['', 0]);
  });

  it('give the server more time than it gives itself, and never set what node dies of', () => {
    const { service } = writeUnits('hello.mjs');
    expect(Number(valueOf(service, 'TimeoutStopSec'))).toBeGreaterThan(32);
    expect(Number(valueOf(service, 'TimeoutStartSec'))).toBeGreaterThan(60);
    expect(service).not.toMatch(/^MemoryDenyWriteExecute=/m);
    expect(valueOf(service, 'RestartPreventExitStatus')).toBe('64 66 78');
    expect(valueOf(service, 'KillMode')).toBe('mixed');
  });
});

const ACTIVATE = 'systemd-socket-activate';

describe.skipIf(!hasProgram(ACTIVATE, 'sockets that systemd passes'))('socket activation', () => {
  it("starts the service's command with the socket, which is there when it has stopped", async () => {
    const { service, socket, listen, app } = writeUnits('pep3333.mjs');
    const systemd = receiveNotifications();
    const [program = '', ...args] = valueOf(service, 'ExecStart').split(' ');
    const starter = startStarter(
      [
        ACTIVATE,
        `--listen=${valueOf(socket, 'ListenStream')}`,
        `--fdname=${valueOf(socket, 'FileDescriptorName')}`,
        `--setenv=NOTIFY_SOCKET=${systemd.name}`,
        '--setenv=WATCHDOG_USEC=30000000',
        '--setenv=SCGI_SERVER_DISPATCH',
        '--setenv=PATH',
        program,
        ...args,
      ],
      { cwd: app, env: { NOTIFY_SOCKET: systemd.name, WATCHDOG_USEC: '30000000' } },
    );
    await waitFor('the socket', () => fs.existsSync(listen));
    // The first who connects starts it, and is answered.
    const { status, body } = await request({ path: listen });
    expect([status, body.toString()]).toEqual([200, 'Hello world!\n']);
    expect(starter.log()).toContain(`listening on unix:${listen} (inherited: fd:3, app)`);
    await waitFor('readiness', () => systemd.messages().some((one) => one.startsWith('READY=1')));

    starter.process.kill('SIGTERM');
    await waitFor('the end', () => starter.hasEnded());
    expect(starter.process.exitCode).toBe(0);
    expect(systemd.messages()).toContain('STOPPING=1; STATUS=graceful stop: SIGTERM');
    expect(fs.existsSync(listen)).toBe(true);
  });

  it('passes several, TCP and Unix, and `fd:NAME` picks one', async () => {
    const { service, listen, app } = writeUnits('pep3333.mjs');
    const port = await freePort();
    const command = valueOf(service, 'ExecStart').split(' ');
    const sockets = ['--listen', `127.0.0.1:${port}`, '--listen', listen, '--fdname=main:admin'];
    const activate = [ACTIVATE, ...sockets, '-E', 'SCGI_SERVER_DISPATCH', '-E', 'PATH'];
    const all = startStarter([...activate, ...command], { cwd: app });
    await waitFor('the sockets', () => all.log().includes('as 4.'));
    expect((await request({ port })).status).toBe(200);
    expect((await request({ path: listen })).status).toBe(200);
    all.process.kill('SIGTERM');
    await waitFor('the end', () => all.hasEnded());

    fs.rmSync(listen);
    const one = startStarter([...activate, ...command, '--listen', 'fd:admin'], { cwd: app });
    await waitFor('the sockets', () => one.log().includes('as 4.'));
    expect((await request({ path: listen })).status).toBe(200);
    await waitFor('the warning', () => /inherited and not used, .*: fd:3 \(main\)/.test(one.log()));
    await expect(request({ port })).rejects.toThrow('ECONNREFUSED');
  });

  it('with --accept passes a connection, which is told', async () => {
    const { service, listen, app } = writeUnits('pep3333.mjs');
    const command = valueOf(service, 'ExecStart').split(' ');
    const activate = [ACTIVATE, '--accept', '--listen', listen, '-E', 'PATH'];
    const starter = startStarter([...activate, ...command], { cwd: app });
    await waitFor('the socket', () => fs.existsSync(listen));
    await expect(request({ path: listen })).rejects.toThrow(/./);
    await waitFor('the error', () =>
      /cannot listen on fd:3.*\(Accept=yes\) there is `scgi-server inetd`/.test(starter.log()),
    );
  });
});
