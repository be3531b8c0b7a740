// The control socket of a running server, and the commands that use it.

import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { posixUnavailable } from '../../src/posix/libc.ts';
import { askControl, run, statusOf } from '../helpers/control.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { LaunchedServer } from '../helpers/start-server.ts';
import { launchServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

let dir: string;
let control: string;
let server: LaunchedServer;

beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'scgi-'));
  control = path.join(dir, 'control');
  const pool = ['--max-workers', '2', '--min-workers', '2', '--mount', '/app'];
  const host = ['--allow-host', '*.example.com', '--env', 'SECRET=do-not-show'];
  const args = ['--control', control, '--access-log', 'all', ...pool, ...host];
  server = await launchServer({ handler: writeHandler(), args });
  await waitFor('both workers', async () => (await statusOf(control)).workers.every(isIdle));
});

afterAll(async () => {
  await server.finish();
  fs.rmSync(dir, { recursive: true });
});

/** A portable worker that does nothing else cannot tell which request it runs. */
const isPortable = process.env['TEST_DISPATCH'] === 'portable' || posixUnavailable() !== undefined;
const WORK = isPortable ? '/work?wait' : '/work?block';

/** Answers at once, or blocks its event loop or waits until the test is done with that. */
function writeHandler(): string {
  const file = path.join(dir, 'handler.mjs');
  const source = `import fs from 'node:fs';
    const clock = new Int32Array(new SharedArrayBuffer(4));
    const isClosed = () => fs.existsSync(${JSON.stringify(gate())});
    export const produce = async (env, size, input, output) => {
      while (env.QUERY_STRING === 'block' && isClosed()) Atomics.wait(clock, 0, 0, 10);
      while (env.QUERY_STRING === 'wait' && isClosed()) await new Promise((r) => setTimeout(r, 10));
      output.end('Content-Type: text/plain\\n\\nhello');
    };`;
  fs.writeFileSync(file, source);
  return file;
}

/** While it is there, requests that block go on. */
function gate(): string {
  return path.join(dir, 'gate');
}

function isIdle({ state }: { state: string }): boolean {
  return state === 'idle';
}

function ask(uri: string): ReturnType<typeof request> {
  return request(server.address(), {
    path: uri,
    env: { PATH_INFO: `/app${uri.split('?')[0]}`, HTTP_HOST: 'www.example.com' },
  });
}

/** Blocks both workers until it is told that this is enough. */
async function keepBusy(): Promise<() => Promise<void>> {
  fs.writeFileSync(gate(), '');
  const answers = [ask(WORK), ask(WORK)];
  await waitFor('both workers to be busy', async () => {
    return (await statusOf(control)).workers.every(({ state }) => state === 'busy');
  });
  return async () => {
    fs.rmSync(gate());
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
  };
}

describe('the socket', () => {
  it('is for its owner alone', () => {
    const { mode, uid } = fs.statSync(control);
    expect([mode & 0o777, uid]).toEqual([0o600, process.getuid?.()]);
    expect(fs.readdirSync(dir)).toEqual(['control', 'handler.mjs']);
  });

  it('is not leaked to workers', async () => {
    // A connection through it, too.
    const held = net.connect(control);
    await new Promise((resolve) => {
      held.once('connect', resolve);
    });
    await askControl(control, '/status');
    const ours = inodesIn(dir);
    expect(ours.size).toBeGreaterThanOrEqual(2);
    const isOurs = (link: string) => ours.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '');
    expect(descriptorsOf(server.process.pid ?? -1).some(isOurs)).toBe(true);
    for (const pid of server.workers()) expect(descriptorsOf(pid).filter(isOurs)).toEqual([]);
    held.destroy();
  });
});

describe('status', () => {
  it('tells what the server and each worker are', async () => {
    const status = await statusOf(control);
    expect(status).toMatchObject({
      pid: server.process.pid,
      node: process.version,
      phase: 'serving',
      generation: 1,
      limits: { minWorkers: 2, maxWorkers: 2, spareWorkers: 1, concurrency: 1 },
      waiting: 0,
    });
    const pids = status.workers.map(({ pid }) => pid);
    expect(new Set(pids)).toEqual(new Set(server.workers()));
    const address = server.address() as { port: number };
    expect(status.listeners.map((one) => one.address)).toEqual([`127.0.0.1:${address.port}`]);
    for (const worker of status.workers) expect(worker.bootMs).toBeGreaterThan(0);
  });

  it('names the options in force and where they come from, but no value of the environment', async () => {
    const { body } = await askControl(control, '/status');
    const { options } = JSON.parse(body) as Awaited<ReturnType<typeof statusOf>>;
    expect(options['maxWorkers']).toEqual({ value: '2', source: '--max-workers' });
    expect(options['requestTimeout']).toEqual({ value: '5m', source: 'default' });
    expect(options['env']).toEqual({ value: 'SECRET=...', source: '--env' });
    expect(body).not.toContain('do-not-show');
  });

  it('tells while all workers are busy which requests they run, and why others wait', async () => {
    const release = await keepBusy();
    const waiting = ask('/hello');
    const status = await waitFor('the third to wait', async () => {
      const now = await statusOf(control);
      const areKnown = now.workers.every(({ current }) => current !== null);
      return now.waiting > 0 && areKnown ? now : undefined;
    });
    expect(status.workers.map(({ current }) => current?.uri)).toEqual([WORK, WORK]);
    const { stdout, code } = await run(['status', '--why', '--control', control]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^All 2 workers are busy.* 1 connection waits.*GET \/work/);
    // They ran all the while.
    expect((await statusOf(control)).workers.map(({ state }) => state)).toEqual(['busy', 'busy']);
    await release();
    expect((await waiting).status).toBe(200);
  });

  it('is text on one screen, and JSON', async () => {
    const text = await run(['status', '--control', control]);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^All is well: 0 of 2 workers busy$/m);
    expect(text.stdout).toMatch(/^ +0 +\d+ +idle /m);
    const json = await run(['status', '--json', '--control', control]);
    expect((JSON.parse(json.stdout) as { pid: number }).pid).toBe(server.process.pid);
    expect((await askControl(control, '/status?text')).body).toMatch(/^All is well/);
  });

  it('is written into the log on SIGALRM', async () => {
    server.process.kill('SIGALRM');
    await server.logged(/^All is well: 0 of 2 workers busy/);
    await server.logged(/^slot +pid +state/);
    await server.logged(/^ +1 +\d+ +idle/);
  });
});

describe('ping', () => {
  it('goes through a worker, past mount and allowed hosts, and not to the handler', async () => {
    const { stdout, code } = await run(['ping', '--control', control]);
    expect(code).toBe(0);
    const [, slot, pid] = /^worker (\d) \(pid (\d+)\) answered in [\d.]+ m?s\n$/.exec(stdout) ?? [];
    const { workers } = await statusOf(control);
    expect(workers.find((worker) => worker.slot === Number(slot))?.pid).toBe(Number(pid));
    expect(await server.logged(/^GET \/app\/\?scgi-server-ping: answered$/)).toMatchObject({
      status: 200,
    });
  });

  it('waits its turn, and says so', async () => {
    const release = await keepBusy();
    const ping = askControl(control, '/ping', 'POST');
    await waitFor('the ping to wait', async () => (await statusOf(control)).waiting > 0);
    await release();
    expect(JSON.parse((await ping).body)).toMatchObject({ ok: true, waited: true });
    const later = await askControl(control, '/ping', 'POST');
    expect(JSON.parse(later.body)).toMatchObject({ ok: true, waited: false });
  });

  it('is not there for others', async () => {
    const { status } = await request(server.address(), {
      path: '/?scgi-server-ping',
      env: { PATH_INFO: '/app/', HTTP_HOST: 'a.example.com', SCGI_SERVER_PING: 'guess' },
    });
    expect(status).toBe(200);
    for (const pid of server.workers()) {
      // Who can read this knows no secret.
      const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      expect(line).not.toMatch(/"secret"/);
    }
  });
});

describe('the commands', () => {
  it('find the socket in the configuration file of the directory, and in the environment', async () => {
    const cwd = tempDir();
    const file = path.join(cwd, 'scgi-server.config.json');
    fs.writeFileSync(file, JSON.stringify({ control, maxWorkers: 2 }));
    expect((await run(['status'], { cwd })).stdout).toMatch(/^All is well/);
    const env = { SCGI_SERVER_CONTROL: control };
    expect((await run(['metrics'], { env })).stdout).toMatch(/^# HELP /);
    expect((await run(['--control', control, 'status'])).stdout).toMatch(/^All is well/);
  });
});

/** Of all sockets that were bound in a directory, and of the connections to them. */
function inodesIn(directory: string): Set<string> {
  const lines = fs.readFileSync('/proc/net/unix', 'utf8').split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Set(
    fields.filter((one) => one[7]?.startsWith(`${directory}/`)).map((one) => one[6] ?? ''),
  );
}

function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return fs.readdirSync(folder).flatMap((fd) => {
    try {
      return [fs.readlinkSync(path.join(folder, fd))];
    } catch {
      // Closed in the meantime.
      return [];
    }
  });
}
