import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { BIN, cleanEnvironment, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:debug|info |warn |error) /;

let dir: string;
const file = (name: string): string => path.join(dir, name);
const read = (name: string): string =>
  fs.existsSync(file(name)) ? fs.readFileSync(file(name), 'utf8') : '';
const lines = (name: string): string[] => read(name).split('\n').slice(0, -1);
const socket = () => ({ path: file('socket') });
const ask = (n: number) =>
  request(socket(), { path: `/hello?n=${n}`, env: { PATH_INFO: '/hello' } });

beforeEach(() => {
  dir = tempDir();
});

/** Starts it with both of its logs in files. */
async function startWithFiles(...args: string[]): Promise<RunningServer> {
  const form = ['--socket', file('socket'), '--log-format', 'text', '--access-log', 'all'];
  const server = await startServer({
    handler: 'kitchen.mjs',
    args: [...form, '--log-file', file('log'), '--access-log-file', file('access'), ...args],
    dontWait: true,
  });
  await waitFor('the server', () => read('log').includes('is ready'), 20_000);
  return server;
}

describe('log files', () => {
  it('have every line, though they are renamed while requests run, and opened anew at USR1', async () => {
    const server = await startWithFiles('--access-log-format', 'json');
    expect(fs.statSync(file('log')).mode & 0o137).toBe(0);
    for (let n = 0; n < 60; n++) {
      if (n === 20) {
        fs.renameSync(file('log'), file('log.1'));
        fs.renameSync(file('access'), file('access.1'));
      }
      if (n === 40) {
        server.process.kill('SIGUSR1');
        await waitFor('the new file', () => /--access-log-file was opened anew/.test(read('log')));
      }
      await ask(n);
    }
    expect(await server.stop()).toBe(0);
    const numbers = ['access.1', 'access'].map((name) =>
      lines(name).map((line) => {
        const { uri } = JSON.parse(line) as { uri: string };
        return Number(uri.split('=')[1]);
      }),
    );
    // Those of one worker are in order; two have two pipes.
    const all = numbers.flat().sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 60 }, (_, n) => n));
    expect(numbers[0]?.length).toBeGreaterThanOrEqual(40);
    expect(numbers[1]?.length).toBeGreaterThanOrEqual(20);
    for (const line of [...lines('log.1'), ...lines('log')]) expect(line).toMatch(TIME);
    expect(read('log.1')).toMatch(/scgi-server starts/);
    expect(read('log')).toMatch(/stopped exitCode=0/);
    expect(server.log).toEqual([]);
  });

  it('stay the old ones when the new ones cannot be opened', async () => {
    fs.mkdirSync(file('logs'));
    const server = await startWithFiles('--access-log-file', file('logs/access'));
    fs.renameSync(file('logs'), file('old'));
    server.process.kill('SIGUSR1');
    await waitFor('the complaint', () =>
      /error SIGUSR1: --access-log-file: ENOENT.*; lines still go to the file/.test(read('log')),
    );
    await ask(1);
    await waitFor('the line', () => lines('old/access').length === 1);
    expect(lines('old/access')[0]).toMatch(
      /Z info {2}GET \/hello\?n=1: answered request=\S+ status=200/,
    );
  });

  it.each(['--log-file', '--access-log-file'])(
    'end the start when %s cannot be opened',
    (option) => {
      const args = [BIN, '--socket', file('socket'), option, file('missing/log')];
      const { status, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        env: cleanEnvironment(),
        timeout: 20_000,
      });
      expect(stderr).toMatch(
        new RegExp(
          `^scgi-server: ${option}: expected a file that can be added to: ENOENT.*\\n$`,
          'm',
        ),
      );
      expect(status).toBe(78);
    },
  );
});

it('says at debug level what USR1 does where there is no file', async () => {
  const server = await startServer({ args: ['--log-level', 'debug'] });
  server.process.kill('SIGUSR1');
  const line = await server.logged(/^SIGUSR1: no log file is to be opened anew/);
  expect(line.level).toBe('debug');
  expect((await request(server.address())).status).toBe(200);
});
