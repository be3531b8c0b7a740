// `--direct`: the program has the connection itself as standard input and output.

import fs from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { livingInGroup, writeProgram, writeShellProgram } from '../helpers/programs.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

function start(cgi: string[], ...args: string[]): Promise<RunningServer> {
  return startServer({
    cgi,
    args: ['--dispatch', 'native', '--direct', ...args],
    expectErrors: /the handler failed/,
  });
}

const GET = { REQUEST_METHOD: 'GET', REQUEST_URI: '/' };

function isGone(leader: number): Promise<boolean> {
  return waitFor('its end', () => livingInGroup(leader).length === 0, 20_000);
}

describe('a CGI program with --direct', () => {
  it('answers byte by byte what it writes, and nothing is added', async () => {
    const server = await start([writeShellProgram('readlink /proc/self/fd/0 /proc/self/fd/1')]);
    const { bytes, ended } = await rawExchange(server.address(), encodeScgi(GET));
    expect(bytes.toString()).toMatch(
      /^Content-Type: text\/plain\n\nsocket:\[(\d+)\]\nsocket:\[\1\]\n$/,
    );
    expect(ended).toBe('end');
    expect(await server.stop()).toBe(0);
  });

  it.each([
    ['in one piece', (head: Buffer, body: Buffer) => [Buffer.concat([head, body])]],
    ['behind the header block', (head: Buffer, body: Buffer) => [head, body]],
  ])('reads the body itself, from its first byte, when it comes %s', async (_how, cut) => {
    const program = writeProgram(`#!/usr/bin/perl
      read(STDIN, my $body, $ENV{CONTENT_LENGTH});
      print "Status: 200 OK\\r\\n\\r\\n<$body>";`);
    const server = await start([program]);
    const head = encodeScgi({ ...GET, REQUEST_METHOD: 'POST' }, 300_000);
    const body = Buffer.from('x'.repeat(299_999) + 'y');
    const options = { pauseMs: 100, timeoutMs: 20_000 };
    const { bytes } = await rawExchange(server.address(), cut(head, body), options);
    expect(bytes.toString()).toBe(`Status: 200 OK\r\n\r\n<${body.toString()}>`);
  });

  it('leaves a body unread, and its answer is delivered all the same', async () => {
    const server = await start([writeShellProgram('echo unread')]);
    const socket = connect({ ...server.address(), allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', (error) => (text += String(error)));
    socket.write(encodeScgi({ ...GET, REQUEST_METHOD: 'POST' }, 10_000_000));
    socket.write(Buffer.alloc(10_000_000));
    await new Promise((resolve) => socket.once('end', resolve));
    expect(text).toMatch(/unread\n$/);
    socket.destroy();
  });

  it('is given its pipes when the header block comes in pieces', async () => {
    const server = await start([writeShellProgram('readlink /proc/self/fd/1; cat')]);
    const head = encodeScgi({ ...GET, REQUEST_METHOD: 'POST' }, 5);
    const pieces = [head.subarray(0, 20), head.subarray(20), Buffer.from('hello')];
    const options = { pauseMs: 200, timeoutMs: 20_000 };
    const { bytes } = await rawExchange(server.address(), pieces, options);
    expect(bytes.toString()).toMatch(/^Status: 200 OK\r\n.*pipe:\[\d+\]\nhello$/s);
  });

  it('is served when an idle worker gets the rest of the header block, and of the body, a moment later', async () => {
    const server = await start([writeShellProgram('head -c 5')]);
    const head = encodeScgi({ ...GET, REQUEST_METHOD: 'POST' }, 5);
    // Both pieces come within the patience of the worker; the second one brings more than the first.
    const pieces = [head.subarray(0, 3), Buffer.concat([head.subarray(3), Buffer.from('hello')])];
    for (let i = 0; i < 20; i++) {
      const { bytes } = await rawExchange(server.address(), pieces, { pauseMs: 1 });
      expect(bytes.toString()).toMatch(/\nhello$/);
    }
  });

  it('has its error output in the log, and its exit code', async () => {
    const server = await start([writeShellProgram('echo oops >&2; exit 4', 'a.cgi')]);
    await rawExchange(server.address(), encodeScgi(GET));
    await server.logged(/^a.cgi: oops$/);
    await server.logged(/^a.cgi exited with code 4$/);
  });

  it('that is killed has its connection cut', async () => {
    const server = await start([writeShellProgram('echo begun; kill -KILL $$')]);
    const { bytes, ended } = await rawExchange(server.address(), encodeScgi(GET));
    expect(bytes.toString()).toMatch(/begun\n$/);
    expect(ended).toBe('reset');
    await server.logged(/the handler failed after its head was sent/);
  });

  it('that cannot be started is answered as it would be without', async () => {
    const dir = tempDir();
    fs.writeFileSync(`${dir}/data`, '');
    writeProgram('#!/no/such/interpreter\n', 'broken.cgi', dir);
    const server = await start([`${dir}/`]);
    const ask = async (name: string): Promise<number> => {
      const asked = { env: { SCRIPT_FILENAME: `${dir}/${name}` }, method: 'POST', body: 'body' };
      return (await request(server.address(), asked)).status;
    };
    expect(await ask('nothing')).toBe(404);
    expect(await ask('data')).toBe(403);
    expect(await ask('../x')).toBe(403);
    expect(await ask('broken.cgi')).toBe(500);
  });

  it('gets TERM when its peer hangs up, and KILL when its time is over', async () => {
    const file = `${tempDir()}/pid`;
    const program = writeShellProgram('echo $$ > "$1"; sleep 1000 & wait');
    const server = await start([program, file], '--request-timeout', '2s');
    const pid = (): Promise<number> =>
      waitFor('the program', () =>
        fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : undefined,
      );

    const socket = connect(server.address());
    socket.write(encodeScgi(GET));
    const first = await pid();
    socket.destroy();
    await isGone(first);

    fs.rmSync(file);
    const { ended } = await rawExchange(server.address(), encodeScgi(GET), { timeoutMs: 20_000 });
    expect(ended).toBe('reset');
    await isGone(await pid());
    await server.logged(/it took longer than --request-timeout/);
    expect(await server.stop()).toBe(0);
  });
});
