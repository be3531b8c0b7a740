// The commands for a running server, in this process, with a real control server in the place of a whole one.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { ControlServer } from '../../../src/ops/control/control-server.ts';
import type { RecordedOperations } from '../../helpers/recorded-operations.ts';
import { recordOperations, RELOADED } from '../../helpers/recorded-operations.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { saturated, serverStatus } from '../ops/situations.ts';

let socketPath: string;
let server: ControlServer;
let record: RecordedOperations;
let out: string;
let err: string;

beforeEach(async () => {
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  vi.stubEnv('SCGI_SERVER_CONTROL', '');
  socketPath = path.join(tempDir(), 'control');
  server = new ControlServer();
  record = recordOperations(serverStatus());
  server.serve(record.operations);
  await listen(server.server, socketPath);
});

afterEach(() => {
  server.close(0);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
});

function listen(what: net.Server, where: string): Promise<void> {
  return new Promise((resolve) => {
    what.listen(where, () => resolve());
  });
}

/** Runs a command for a server and returns its exit code. */
async function run(args: readonly string[], control: string = socketPath): Promise<number> {
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await main(['node', 'scgi-server', ...args, '--control', control]);
    return process.exitCode;
  } finally {
    process.exitCode = before;
  }
}

describe('orders', () => {
  it('reach the server that is named, whatever is wrong with a configuration file', async () => {
    const config = path.join(tempDir(), 'broken.json');
    writeFileSync(config, '{');
    expect(await run(['reload', '--config', config])).toBe(0);
    expect(err).toBe('');
  });

  it('begin a reload and do not wait', async () => {
    expect(await run(['reload'])).toBe(0);
    expect(out).toMatch(/^the reload has begun;/);
    expect(await run(['reload', '--only-code'])).toBe(0);
    expect(record.asked).toEqual([
      ['reload', false],
      ['reload', true],
    ]);
  });

  it.each([
    [
      RELOADED,
      0,
      'reloaded: generation 1, 2 workers ready (booted in 210 to 350 ms), 2 drained, 0 killed, in 2.1 s\n',
      '',
    ],
    [
      { ...RELOADED, workers: [], ignored: ['port', 'user'] },
      0,
      'reloaded: generation 1, 0 workers ready, 2 drained, 0 killed, in 2.1 s\nchanged, but only by a restart: port, user\n',
      '',
    ],
    [
      { ...RELOADED, ok: false, error: 'handler.mjs:\u001b[2J no such module' },
      1,
      '',
      'scgi-server: reload: handler.mjs:\\x1b[2J no such module\n',
    ],
  ])('wait for a reload and say what came of it', async (receipt, code, stdout, stderr) => {
    const ran = run(['reload', '--wait']);
    await waitFor('the order', () => record.asked.length > 0);
    record.finishReload(receipt);
    expect([await ran, out, err]).toEqual([code, stdout, stderr]);
  });

  it('print the receipt as JSON, of a failure as well', async () => {
    const ran = run(['reload', '--wait', '--json']);
    await waitFor('the order', () => record.asked.length > 0);
    record.finishReload({ ...RELOADED, ok: false, error: 'no' });
    expect(await ran).toBe(1);
    expect(JSON.parse(out)).toEqual({ ...RELOADED, ok: false, error: 'no' });
  });

  it.each([
    [['scale', '7'], 0, 'at most 7 workers, until the next reload\n', '', ['scale', 7]],
    [['scale', '0'], 1, '', 'scgi-server: scale: expected at least 1\n', ['scale', 0]],
    [['recycle'], 0, 'recycled: workers 0, 1, in 1.5 s\n', '', ['recycle', undefined]],
    [['recycle', '1', '--wait'], 0, 'recycled: worker 1, in 1.5 s\n', '', ['recycle', 1]],
    [
      ['recycle', '9'],
      1,
      '',
      'scgi-server: recycle: there is no worker in slot 9\n',
      ['recycle', 9],
    ],
    [['stop'], 0, 'stopping\n', '', ['stop', false]],
    [['stop', '--quick'], 0, 'stopping\n', '', ['stop', true]],
    [['ping'], 0, 'worker 0 (pid 7) answered in 1.5 ms\n', '', undefined],
  ])('are given: %j', async (args, code, stdout, stderr, asked) => {
    expect([await run(args), out, err]).toEqual([code, stdout, stderr]);
    expect(record.asked).toEqual(asked === undefined ? [] : [asked]);
  });

  it('wait for the end of the server, and of its process', async () => {
    const ran = run(['stop', '--wait']);
    await waitFor('the order', () => record.asked.length > 0);
    server.close(0);
    expect([await ran, out]).toEqual([0, 'stopped\n']);
  });

  it('tell of a ping that had to wait, and of one that failed', async () => {
    record.operations.ping = async () => ({
      ok: true,
      durationMs: 3_210,
      waited: true,
      slot: 1,
      pid: 8,
    });
    await run(['ping']);
    expect(out).toBe(
      'worker 1 (pid 8) answered in 3.2 s, after it had waited for one: all were busy\n',
    );
    const error = 'no worker has answered within 10s';
    record.operations.ping = async () => ({ ok: false, durationMs: 10_000, waited: true, error });
    expect(await run(['ping'])).toBe(1);
    expect(err).toBe(`scgi-server: ping: ${error}\n`);
  });

  it('fail when the server goes away before it has answered', async () => {
    const ran = run(['reload', '--wait']);
    await waitFor('the order', () => record.asked.length > 0);
    server.close(undefined);
    expect(await ran).toBe(69);
    expect(err).toMatch(/cannot reach the server at .*: it went away before it had answered/);
  });
});

describe('looks', () => {
  it('show the status, explain it, and print it as JSON', async () => {
    record.operations.status = async () => saturated();
    expect(await run(['status'])).toBe(0);
    expect(out).toMatch(/^Saturated: all 4 workers busy/);
    out = '';
    expect(await run(['status', '--why'])).toBe(0);
    expect(out).toMatch(
      /^All 4 workers are busy, for at least 3.0 s, and 12 connections wait.*\n$/,
    );
    out = '';
    expect(await run(['status', '--json'])).toBe(0);
    expect(JSON.parse(out)).toEqual(saturated());
  });

  it('print the metrics', async () => {
    expect([await run(['metrics']), out]).toEqual([0, 'up 1\n']);
  });

  it('say what a server refuses', async () => {
    record.operations.status = () => Promise.reject(new Error('a bug'));
    expect(await run(['status'])).toBe(1);
    expect(err).toBe('scgi-server: the server refuses: a bug\n');
  });
});

describe('mistakes', () => {
  it.each([
    [['status'], '/none/such', 69, /\/none\/such: there is no such socket; is the server running/],
    [['stop'], 'x'.repeat(108), 78, /at most 107 bytes, not 108/],
    [['scale', 'many'], 'x', 64, /expected a whole number/],
    [['recycle', '-1'], 'x', 64, /argument 'slot'. expected a whole number/],
    [['scale'], 'x', 64, /missing required argument 'workers'/],
    [['status', 'all'], 'x', 64, /too many arguments/],
  ])('%j are told with an exit code: %s', async (args, control, code, message) => {
    expect([await run(args, control), out]).toEqual([code, '']);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('are told: nothing says where the socket is', async () => {
    expect(await run(['status'], 'off')).toBe(78);
    expect(err).toMatch(/^scgi-server: no control socket is named: expected --control PATH, SCGI_/);
  });

  it('are told: it is a file, or a directory', async () => {
    const dir = path.dirname(socketPath);
    writeFileSync(path.join(dir, 'file'), '');
    mkdirSync(path.join(dir, 'dir'));
    expect(await run(['ping'], path.join(dir, 'file'))).toBe(69);
    expect(await run(['ping'], path.join(dir, 'dir'))).toBe(69);
    expect(err.match(/cannot reach the server/g)).toHaveLength(2);
  });

  it.each([
    ['no HTTP', 'what?\n'],
    ['no JSON', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ])('are told: what answers is no server of ours (%s)', async (_what, bytes) => {
    const other = net.createServer((socket) => void socket.resume().end(bytes));
    await listen(other, `${socketPath}2`);
    expect(await run(['status'], `${socketPath}2`)).toBe(70);
    expect(err).toMatch(/the answer .*is none of scgi-server/);
    other.close();
  });

  it('are told: the server that made the socket is gone', async () => {
    const other = net.createServer();
    await listen(other, `${socketPath}2`);
    renameSync(`${socketPath}2`, `${socketPath}3`);
    await new Promise<void>((resolve) => {
      other.close(() => resolve());
    });
    expect(await run(['status'], `${socketPath}3`)).toBe(69);
    expect(err).toMatch(/nobody listens there any more/);
  });
});
