import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { inetdNowait } from '../helpers/inetd-process.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { BIN, cleanEnvironment, HANDLERS } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const run = (args: readonly string[], before = '') =>
  spawnSync('/bin/sh', ['-c', `${before} "$@"`, 'sh', process.execPath, BIN, ...args], {
    encoding: 'utf8',
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });

it.each([
  [
    'a socket is missing',
    ['inetd'],
    64,
    /standard input is a terminal or another device; expected a connection/,
  ],
  ['an option is unknown', ['inetd', '--port', '1'], 64, /Unknown option '--port'$/m],
  ['an option has no value', ['inetd', '--idle-exit'], 64, /--idle-exit/],
  [
    'two handlers are named',
    ['inetd', 'a.mjs', 'b.mjs'],
    64,
    /expected one handler, got a\.mjs b\.mjs/,
  ],
  [
    'a handler and a program are named',
    ['inetd', 'a.mjs', '--cgi', 'b.cgi'],
    64,
    /expected a handler or a CGI program, got both: a\.mjs and --cgi b\.cgi/,
  ],
  [
    'a variable has a value',
    ['inetd', '--cgi', 'b.cgi', '--pass-env', 'A=b'],
    78,
    /--pass-env: expected the name of a variable, without its value, got "A=b"/,
  ],
  [
    'a value is wrong',
    ['inetd', '--idle-exit', 'soon'],
    78,
    /--idle-exit: expected a duration .*, got "soon"/,
  ],
  [
    'a number is wrong',
    ['inetd', '--concurrency', '0'],
    78,
    /--concurrency: expected a whole number from 1 /,
  ],
  [
    'a choice is wrong',
    ['inetd', '--log-level', 'loud'],
    78,
    /--log-level: expected one of debug, info/,
  ],
  [
    'it is not the first word',
    ['--log-level', 'debug', 'inetd'],
    64,
    /expected "inetd" as the first word/,
  ],
])('says so when %s', (_title, args, code, message) => {
  const { status, stderr, stdout } = run(args);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\.(?:js|cjs|ts):\d/);
  expect(stdout).toBe('');
  expect(status).toBe(code);
});

it('does not take a pipe for a connection', () => {
  const { status, stderr } = run(['inetd'], 'echo |');
  expect(stderr).toMatch(/standard input is a pipe; expected a connection/);
  expect(status).toBe(64);
});

it('prints its options', () => {
  const { status, stdout } = run(['inetd', '--help']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/--idle-exit TIME .*\(default: 60s\)/);
});

it.each([
  ['is missing', 'no-such-file.mjs', 66, /no-such-file\.mjs: there is no such file/],
  ['throws at load', 'throws-at-load.mjs', 78, /throws-at-load\.mjs/],
  ['exports nothing usable', 'exports-nothing.mjs', 78, /exports no handler\. Found: /],
  ['fails to start', 'start-fails.mjs', 78, /start\(\) failed/],
])(
  'answers 500 when the handler %s, and tells why in the log',
  async (_title, file, code, message) => {
    const inetd = await inetdNowait({ args: [path.join(HANDLERS, file)] });
    const answer = await request(inetd.address);
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).not.toContain(file);
    expect(await inetd.ended()).toBe(code);
    expect(inetd.log()).toMatch(message);
  },
);

it('gives a handler up that does not load within --boot-timeout', async () => {
  const handler = path.join(HANDLERS, 'start-hangs.mjs');
  const inetd = await inetdNowait({ args: ['--boot-timeout', '200ms', handler] });
  expect((await request(inetd.address)).status).toBe(500);
  expect(await inetd.ended()).toBe(78);
  expect(inetd.log()).toContain('not loaded within 200 ms (--boot-timeout)');
});

it('tells nothing to the connection, even when its own command line is wrong', async () => {
  const inetd = await inetdNowait({ args: ['--no-such-option'], isBlind: true });
  const get = encodeScgi({ REQUEST_METHOD: 'GET' });
  expect((await rawExchange(inetd.address, get)).bytes.length).toBe(0);
  expect(await inetd.ended()).toBe(64);
});

it('adds its log to a file, with the time, and what is printed', async () => {
  const file = path.join(tempDir(), 'app.log');
  fs.writeFileSync(file, 'what was there\n');
  const args = ['--log-file', file, path.join(HANDLERS, 'kitchen.mjs')];
  const inetd = await inetdNowait({ args, isBlind: true });
  await request(inetd.address, { env: { PATH_INFO: '/throw' } });
  await request(inetd.address, { env: { PATH_INFO: '/print' } });
  await Promise.all([inetd.ended(0), inetd.ended(1)]);
  const log = fs.readFileSync(file, 'utf8');
  expect(log).toMatch(
    /^what was there\n\d{4}-\d\d-\d\dT[\d:.]+Z error GET \/: the handler failed /,
  );
  expect(log).toMatch(/^printed to stdout 0$/m);
  expect(log).toMatch(/^printed to stderr 0$/m);
});

it('refuses a log file that cannot be written', async () => {
  const inetd = await inetdNowait({ args: ['--log-file', '/no/such/dir/app.log'] });
  await rawExchange(inetd.address, encodeScgi({ REQUEST_METHOD: 'GET' }));
  expect(await inetd.ended()).toBe(78);
  expect(inetd.log()).toContain('--log-file: expected a file that can be added to: ENOENT');
});
