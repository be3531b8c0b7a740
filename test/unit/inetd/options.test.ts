import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OPTIONS } from '../../../src/config/option-table.ts';
import { readInetdOptions } from '../../../src/inetd/command-line.ts';
import { defaultText, flagText, INETD_OPTIONS } from '../../../src/inetd/options.ts';

const ROWS = Object.entries(INETD_OPTIONS);
/** They have a meaning of their own here. */
const OWN = new Set([
  'passEnv',
  'direct',
  'concurrency',
  'maxQueue',
  'idleExit',
  'logFile',
  'bootTimeout',
  'gracefulTimeout',
]);

it('reads nothing as the defaults, without a handler', () => {
  expect(readInetdOptions([])).toEqual({
    handler: undefined,
    cgi: undefined,
    cgiArgs: [],
    passEnv: [],
    direct: false,
    headerTimeout: 5_000,
    bodyTimeout: 60_000,
    sendTimeout: 60_000,
    requestTimeout: 300_000,
    bootTimeout: 60_000,
    gracefulTimeout: 30_000,
    maxHeaderSize: 65_536,
    maxBodySize: undefined,
    mount: undefined,
    allowHost: [],
    absoluteRedirects: 'auto',
    sendfile: 'off',
    concurrency: 1,
    maxQueue: 100,
    idleExit: 60_000,
    logFile: undefined,
    logLevel: 'info',
    logMask: [],
    accessLog: 'errors',
  });
});

it('reads options before and behind the handler, and in both forms', () => {
  const args = ['--idle-exit=5m', 'a.mjs', '--max-body-size', '1m', '--log-file', 'app.log'];
  expect(readInetdOptions(args)).toMatchObject({
    handler: 'a.mjs',
    idleExit: 300_000,
    maxBodySize: 1024 ** 2,
    logFile: 'app.log',
  });
  const hosts = ['--allow-host', 'A.example', '--allow-host=*.b.example', '--mount', '/app/'];
  expect(readInetdOptions(hosts)).toMatchObject({
    allowHost: ['a.example', '*.b.example'],
    mount: '/app',
  });
  const fronts = ['--absolute-redirects', 'never', '--sendfile=lighttpd'];
  expect(readInetdOptions(fronts)).toMatchObject({
    absoluteRedirects: 'never',
    sendfile: 'lighttpd',
  });
  expect(readInetdOptions(['--', '--odd.mjs'])).toMatchObject({ handler: '--odd.mjs' });
});

it('reads a CGI program, behind which everything is its own', () => {
  const own = ['--idle-exit', '-h', '--', '--cgi=no', 'x'];
  const options = ['--pass-env', 'TZ', '--cgi', 'a.pl', '--direct', '--pass-env=LANG'];
  const expected = { handler: undefined, cgi: 'a.pl', direct: true, passEnv: ['TZ', 'LANG'] };
  expect(readInetdOptions([...options, 'first', ...own])).toMatchObject({
    ...expected,
    cgiArgs: ['first', ...own],
  });
  expect(readInetdOptions([...options, '--', ...own])).toMatchObject({ ...expected, cgiArgs: own });
  expect(readInetdOptions(options)).toMatchObject({ ...expected, cgiArgs: [] });
});

it('reads as many requests at once as the server runs programs', () => {
  const { cgiDefault } = OPTIONS.find(({ key }) => key === 'concurrency') ?? {};
  expect(readInetdOptions(['--cgi', 'a.pl'])).toMatchObject({ concurrency: Number(cgiDefault) });
  const given = ['--concurrency', '2', '--cgi', 'a.pl', '--concurrency', '3', 'x'];
  expect(readInetdOptions(given)).toMatchObject({ concurrency: 3 });
  expect(readInetdOptions(['--cgi', 'off', 'a.mjs'])).toMatchObject({
    handler: 'a.mjs',
    cgi: undefined,
    concurrency: 1,
  });
});

it.each(['-h', '--help'])('asks for help with %s', (flag) => {
  expect(readInetdOptions([flag, 'a.mjs'])).toBeUndefined();
});

it.each(ROWS)('%s is what it is to the server', (key, row) => {
  const known = OPTIONS.find((option) => option.key === key);
  if (OWN.has(key)) {
    if (known !== undefined) expect(known.flag).toBe(row.flag);
    return;
  }
  const { flag, valueName, default: value, description, isList = false } = row;
  const byDefault = isList ? { defaultText: value } : { default: value };
  expect(known).toMatchObject({ flag, valueName, description, ...byDefault });
});

it('are all in README.md, with their defaults', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, section = ''] = readme.split(/^### `scgi-server inetd/m);
  const rows = (section.split(/^##/m)[0] ?? '')
    .split('\n')
    .filter((line) => /^\| *`--/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')))
    .map(([, flag = '', value = '']) => `${flag.replaceAll('`', '')}: ${value}`);
  const expected = ROWS.map(([, row]) => `${flagText(row)}: ${defaultText(row)}`);
  expect(new Set(rows)).toEqual(new Set(expected));
});
