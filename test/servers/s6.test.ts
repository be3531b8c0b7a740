// The service directory in config/s6, under the real s6: every file of it as it stands.

import fs from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import type { Replacement } from '../helpers/config-sample.ts';
import { adaptSample } from '../helpers/config-sample.ts';
import { request } from '../helpers/scgi-peer.ts';
import { BIN, isAlive } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { freePort } from '../helpers/tcp-port.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { hasProgram } from './front.ts';
import { application, readIfThere, run, startStarter } from './started-by.ts';

interface Service {
  /** Its directory, which the commands of s6 take. */
  dir: string;
  app: string;
  port: number;
  /** Where s6-log writes. */
  logs: string;
  log(): string;
}

interface ServiceOptions {
  handler?: string;
  /** Where it runs, instead of a folder with the handler. */
  app?: string;
  env?: Record<string, string>;
  port?: number;
  /** Text of log/run that is replaced as well. */
  logging?: Replacement;
}

async function startService(options: ServiceOptions): Promise<Service> {
  const { handler = 'kitchen.mjs', env, port, logging } = options;
  const root = tempDir();
  const app = options.app ?? application(root, handler);
  const dir = path.join(root, 'service/app');
  const logs = path.join(root, 'log');
  const where = port ?? (await freePort());
  const { username } = os.userInfo();
  // s6-setuidgid is for root alone.
  const asUser = (account: string): Replacement => [
    `s6-setuidgid ${account} `,
    process.getuid?.() === 0 ? `s6-setuidgid ${username} ` : '',
  ];
  const write = (name: string, ...replacements: readonly Replacement[]): void => {
    fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    const mode = name.endsWith('run') || name === 'finish' ? 0o755 : 0o644;
    fs.writeFileSync(path.join(dir, name), adaptSample(`s6/${name}`, replacements), { mode });
  };
  write(
    'run',
    ['/usr/local/bin/scgi-server', BIN],
    ['cd /srv/app ', `cd ${app} `],
    ['--port 4000', `--port ${where}`],
    asUser('app'),
  );
  write('finish');
  write('notification-fd');
  write('timeout-kill');
  write(
    'log/run',
    ['/var/log/app', logs],
    asUser('applog'),
    ...(logging === undefined ? [] : [logging]),
  );
  const scan = path.join(root, 'service');
  const log = (): string => readIfThere(path.join(logs, 'current'));
  onTestFailed(() => console.error(log()));
  startStarter(['s6-svscan', scan], {
    ...(env === undefined ? {} : { env }),
    stop: () => run('s6-svscanctl', '-t', scan),
  });
  // Its last file: s6-svstat fails before.
  await waitFor('s6-supervise', () => fs.existsSync(path.join(dir, 'supervise/status')));
  return { dir, app, port: where, logs, log };
}

function ready({ dir }: Service, wait: number = 30_000): void {
  run('s6-svwait', '-t', String(wait), '-U', dir);
}

function state({ dir }: Service, ...fields: readonly string[]): string {
  return run('s6-svstat', '-o', fields.join(','), dir).trim();
}

const pidOf = (service: Service): number => Number(state(service, 'pid'));

describe.skipIf(!hasProgram('s6-svscan', 'config/s6'))('under s6', () => {
  it('the service is ready when its first worker is, and not before', async () => {
    const service = await startService({ handler: 'hello.mjs' });
    const gate = path.join(service.app, 'go');
    ready(service);
    expect((await request({ port: service.port })).status).toBe(200);

    fs.writeFileSync(
      path.join(service.app, 'hello.mjs'),
      `import fs from 'node:fs';
      while (!fs.existsSync(${JSON.stringify(gate)})) await new Promise((r) => setTimeout(r, 10));
      export const produce = (e, s, i, output) => output.end('Content-Type: text/plain\\n\\nnew');`,
    );
    const first = pidOf(service);
    run('s6-svc', '-t', service.dir);
    await waitFor('the next master', () => ![first, -1].includes(pidOf(service)));
    await waitFor('its sockets', () => service.log().split('listening on').length > 2);
    expect(state(service, 'up', 'ready')).toBe('true false');
    expect(() => ready(service, 200)).toThrow(/s6-svwait/);
    fs.writeFileSync(gate, '');
    ready(service);
    expect(state(service, 'up', 'ready')).toBe('true true');
    expect((await request({ port: service.port })).body.toString()).toBe('new');
  });

  it('-h and -a leave it alone, -d ends it, -u brings it back, and a killed one comes back', async () => {
    const service = await startService({});
    ready(service);
    const hello = async () => (await request({ port: service.port }, { path: '/hello' })).status;
    const first = pidOf(service);
    run('s6-svc', '-h', service.dir);
    run('s6-svc', '-a', service.dir);
    await waitFor('the signal in the log', () => /SIGHUP|HUP/.test(service.log()));
    expect(await hello()).toBe(200);
    expect(pidOf(service)).toBe(first);

    run('s6-svc', '-wD', '-d', service.dir);
    expect(state(service, 'up', 'exitcode')).toBe('false 0');
    expect(isAlive(first)).toBe(false);
    run('s6-svc', '-wU', '-u', service.dir);
    expect(await hello()).toBe(200);

    const second = pidOf(service);
    run('s6-svc', '-k', service.dir);
    await waitFor('the next master', () => ![second, -1].includes(pidOf(service)));
    ready(service);
    expect(await hello()).toBe(200);
  });

  it('s6-log keeps the log, and rotates it', async () => {
    const service = await startService({
      env: { SCGI_SERVER_ACCESS_LOG: 'all' },
      logging: ['s1000000', 's4096'],
    });
    ready(service);
    const old = (): string[] => fs.readdirSync(service.logs).filter((name) => name.startsWith('@'));
    for (let i = 0; i < 100; i++) await request({ port: service.port }, { path: '/hello' });
    await waitFor('an old file', () => old().length > 0);
    const [file = ''] = old();
    const lines = fs.readFileSync(path.join(service.logs, file), 'utf8').split('\n');
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ {2}info +scgi-server starts: /);
  });

  it.each<[string, ServiceOptions, number]>([
    ['an option that is wrong', { env: { SCGI_SERVER_MAX_WORKERS: 'x' } }, 78],
    ['a handler that does not load', { handler: 'throws-at-load.mjs' }, 78],
    ['a handler that is missing', { handler: 'none' }, 66],
    ['a folder that is missing', { app: '/no/such/folder' }, 66],
  ])('%s is not tried again', async (_title, options, code) => {
    const service = await startService(options);
    await waitFor('the end', () => state(service, 'up', 'wantedup') === 'false false', 20_000);
    expect(Number(state(service, 'exitcode'))).toBe(code);
    const said = `exit code ${code}: a restart does not mend that`;
    await waitFor('the reason in the log', () => service.log().includes(said));
  });

  it('an address in use is tried again', async () => {
    const other = createServer();
    onTestFinished(() => void other.close());
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as { port: number };
    const service = await startService({ port });
    await waitFor('two attempts', () => service.log().split('is in use').length > 2, 30_000);
    other.close();
    ready(service);
    expect((await request({ port }, { path: '/hello' })).status).toBe(200);
  });
});
