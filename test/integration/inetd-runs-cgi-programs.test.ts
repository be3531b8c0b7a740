// `inetd --cgi`: a program answers the connection, or each of those that come through a listening socket.

import fs from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inetdNowait, inetdWait } from '../helpers/inetd-process.ts';
import { livingInGroup, writeProgram, writeShellProgram } from '../helpers/programs.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const GET = { REQUEST_METHOD: 'GET', REQUEST_URI: '/' };
const NO_ADDONS = { NODE_OPTIONS: '--no-addons' };

// Without addons no C function can be called: programs are started by Node, in a second process.
describe.each([
  ['by posix_spawn', {}],
  ['by Node', NO_ADDONS],
])('a CGI program that inetd has started %s', (_title, env) => {
  it('answers the connection with what stands behind it as its arguments', async () => {
    const program = writeShellProgram('echo "$@"; pwd; cat; echo complaint >&2', 'a.cgi');
    const args = ['--pass-env', 'TZ', '--cgi', program, '--', '-x', '--help', 'two words'];
    const inetd = await inetdNowait({ args, env });
    const { status, headers, body } = await request(inetd.address, { method: 'POST', body: 'in' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toEqual(['text/plain']);
    expect(body.toString()).toBe(`-x --help two words\n${path.dirname(program)}\nin`);
    expect(await inetd.ended()).toBe(0);
    expect(inetd.log()).toMatch(/^warn {2}a\.cgi: complaint /m);
  });

  it('gets a clean environment, and no descriptor but three', async () => {
    const program = writeShellProgram('env; ls /proc/$$/fd');
    const args = ['--pass-env', 'OURS', '--cgi', program];
    const inetd = await inetdNowait({ args, env: { ...env, OURS: 'passed', OTHER: 'kept' } });
    const lines = (await request(inetd.address)).body.toString().trim().split('\n');
    expect(lines).toContain('OURS=passed');
    expect(lines).toContain('GATEWAY_INTERFACE=CGI/1.1');
    expect(lines.filter((line) => /^(?:OTHER|NODE_OPTIONS)=/.test(line))).toEqual([]);
    expect(lines.filter((line) => /^\d+$/.test(line) && Number(line) < 10)).toEqual([
      '0',
      '1',
      '2',
    ]);
  });

  it('is found in the directory that is named', async () => {
    const dir = tempDir();
    writeShellProgram('echo found', 'a.cgi', dir);
    const inetd = inetdWait({ args: ['--cgi', `${dir}/`], env });
    const ask = async (name: string) =>
      (await request(inetd.address, { env: { SCRIPT_FILENAME: `${dir}/${name}` } })).status;
    expect(await ask('a.cgi')).toBe(200);
    expect(await ask('b.cgi')).toBe(404);
    expect(await ask('../b.cgi')).toBe(403);
    await waitFor('the reason', () => inetd.log().includes('404, no program: there is no '));
  });

  it('runs beside others for the same listening socket', async () => {
    const dir = tempDir();
    const met =
      'touch "$1/$$"; until [ "$(ls "$1" | wc -l)" -ge 3 ]; do sleep 0.01; done; echo met';
    const args = ['--idle-exit', '300ms', '--cgi', writeShellProgram(met), dir];
    const inetd = inetdWait({ args, env });
    const answers = await Promise.all([1, 2, 3].map(() => request(inetd.address)));
    expect(answers.map(({ body }) => body.toString())).toEqual(['met\n', 'met\n', 'met\n']);
    expect(await inetd.ended()).toBe(0);
  });

  it('lets nothing but its answer into the connection', async () => {
    const program = writeShellProgram('echo only this; echo not this >&2; exit 3');
    const inetd = await inetdNowait({ args: ['--cgi', program], env, isBlind: true });
    const { raw } = await request(inetd.address);
    expect(raw.toString()).toMatch(/^Status: 200 OK\r\n[^]*\r\n\r\nonly this\n$/);
  });

  it('ends with its connection', async () => {
    const file = `${tempDir()}/pid`;
    const program = writeShellProgram('echo $$ > "$1.new"; mv "$1.new" "$1"; sleep 1000 & wait');
    const inetd = await inetdNowait({ args: ['--cgi', program, file], env });
    const socket = connect(inetd.address);
    socket.write(encodeScgi(GET));
    const pid = await waitFor('the program', () =>
      fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : undefined,
    );
    socket.destroy();
    await waitFor('the end of the program', () => livingInGroup(pid).length === 0, 20_000);
    expect(await inetd.ended()).toBe(0);
  });

  it.each([
    ['is missing', 66, () => `${tempDir()}/none.cgi`, /CGI program .*none\.cgi: there is none/],
    ['is in no directory', 66, () => `${tempDir()}/none/`, /directory .*none\/: there is none/],
    ['is a directory', 78, () => tempDir(), /it is a directory; for the programs in it, write /],
    ['cannot be run', 78, () => notExecutable(), /it is not executable for this user; try chmod/],
  ])('that %s is a 500, told in the log, and the exit code %i', async (_what, code, name, told) => {
    const inetd = await inetdNowait({ args: ['--cgi', name()], env });
    expect((await request(inetd.address)).status).toBe(500);
    expect(await inetd.ended()).toBe(code);
    expect(inetd.log()).toMatch(told);
  });
});

describe('a CGI program that inetd lends the connection with --direct', () => {
  const DIRECT = ['--direct', '--cgi'];

  it('writes its answer itself, byte by byte', async () => {
    const program = writeShellProgram('readlink /proc/self/fd/0 /proc/self/fd/1', 'a.cgi');
    const inetd = await inetdNowait({ args: [...DIRECT, program] });
    const { bytes, ended } = await rawExchange(inetd.address, encodeScgi(GET));
    expect(bytes.toString()).toMatch(
      /^Content-Type: text\/plain\n\nsocket:\[(\d+)\]\nsocket:\[\1\]\n$/,
    );
    expect(ended).toBe('end');
    expect(await inetd.ended()).toBe(0);
    expect(inetd.log()).toBe('');
  });

  it('reads the body itself, from its first byte', async () => {
    const program = writeProgram(`#!/usr/bin/perl
      read(STDIN, my $body, $ENV{CONTENT_LENGTH});
      print "Status: 200 OK\\r\\n\\r\\n<$body>";`);
    const inetd = await inetdNowait({ args: [...DIRECT, program] });
    const body = `${'x'.repeat(299_999)}y`;
    const head = encodeScgi({ ...GET, REQUEST_METHOD: 'POST' }, body.length);
    const sent = Buffer.concat([head, Buffer.from(body)]);
    const { bytes } = await rawExchange(inetd.address, sent, { timeoutMs: 20_000 });
    expect(bytes.toString()).toBe(`Status: 200 OK\r\n\r\n<${body}>`);
    expect(await inetd.ended()).toBe(0);
  });

  it.each([
    ['a listening socket', () => inetdWait, {}, /--direct has no effect: .*\(nowait\)/],
    ['a process without C functions', () => inetdNowait, NO_ADDONS, /--direct has no effect: /],
  ])('gets pipes from %s, as the log says', async (_what, start, env, told) => {
    const program = writeShellProgram('readlink /proc/self/fd/1');
    const inetd = await start()({ args: [...DIRECT, program], env });
    expect((await request(inetd.address)).body.toString()).toMatch(/^(?:pipe|socket):/);
    await waitFor('the warning', () => told.test(inetd.log()));
  });
});

function notExecutable(): string {
  const file = `${tempDir()}/data`;
  fs.writeFileSync(file, '');
  return file;
}
