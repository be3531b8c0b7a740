// What becomes of a CGI program that fails, and what the log says of it, under the program's name.

import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeProgram, writeShellProgram } from '../helpers/programs.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';

const FAILED = /the handler failed|cannot be sent/;

function start(program: string, expectErrors: RegExp = FAILED): Promise<RunningServer> {
  return startServer({ cgi: [program], expectErrors });
}

/** Asks once, expects a 500, and returns what the log says of it. */
async function reasonOf(program: string): Promise<string> {
  const server = await start(program);
  const { status, body } = await request(server.address(), { timeoutMs: 20_000 });
  expect(status).toBe(500);
  expect(body.toString()).not.toContain(program);
  return JSON.stringify(await server.logged(FAILED));
}

describe('a CGI program', () => {
  it('that writes nothing is a 500', async () => {
    expect(await reasonOf(writeProgram('#!/bin/sh\nexit 3\n', 'silent.cgi'))).toContain(
      'silent.cgi wrote no response and exited with code 3',
    );
  });

  it('that is killed before its head is a 500', async () => {
    const program = writeProgram('#!/bin/sh\nprintf "Content-Type: text/plain\\n"; kill -SEGV $$');
    expect(await reasonOf(program)).toContain('program.cgi was killed by SIGSEGV');
  });

  it('that writes no head is a 500', async () => {
    expect(await reasonOf(writeProgram('#!/bin/sh\necho hello\n'))).toContain(
      'expected a response head and a blank line, got 6 bytes',
    );
  });

  it('that writes no head and goes on is a 500, and is ended', async () => {
    const program = writeProgram('#!/bin/sh\nprintf "no head\\n\\n"; exec sleep 1000\n');
    const server = await start(program);
    expect((await request(server.address(), { timeoutMs: 20_000 })).status).toBe(500);
    expect(await server.stop()).toBe(0);
  });

  it('whose interpreter is missing is a 500', async () => {
    expect(await reasonOf(writeProgram('#!/no/such/interpreter\n'))).toContain(
      'program.cgi cannot be started: it, or the interpreter that its first line names, is not there (ENOENT)',
    );
  });

  it('whose environment is too large for the system is a 500', async () => {
    const program = writeShellProgram('echo hello', 'program.cgi');
    const server = await startServer({
      cgi: ['--max-header-size', '1m', program],
      expectErrors: FAILED,
    });
    const env = { HTTP_COOKIE: 'x'.repeat(200_000) };
    expect((await request(server.address(), { env })).status).toBe(500);
    expect(JSON.stringify(await server.logged(FAILED))).toContain(
      'program.cgi cannot be started: its environment is too large',
    );
    expect((await request(server.address())).status).toBe(200);
  });

  it('that is being written is a 503, and is run when it is whole', async () => {
    const program = writeShellProgram('echo hello', 'program.cgi');
    const server = await start(program, /cannot be started/);
    const writer = fs.openSync(program, 'a');
    try {
      const busy = await request(server.address());
      expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, ['1']]);
      await server.logged(/program\.cgi cannot be started: .* open for writing/);
    } finally {
      fs.closeSync(writer);
    }
    expect((await request(server.address())).status).toBe(200);
  });

  it('that has been removed is a 500', async () => {
    const program = writeShellProgram('echo hello');
    const server = await start(program);
    fs.rmSync(program);
    expect((await request(server.address())).status).toBe(500);
    await server.logged(FAILED);
    expect(await server.stop()).toBe(0);
  });

  it('that is killed behind its head has its answer cut', async () => {
    const server = await start(writeShellProgram('echo begun; sleep 0.3; kill -KILL $$'));
    const head = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/' });
    const { bytes, ended } = await rawExchange(server.address(), head, { timeoutMs: 20_000 });
    expect(bytes.toString()).toMatch(/begun\n$/);
    expect(ended).toBe('reset');
    await server.logged(/the handler failed after its head was sent/);
  });

  it('that fails behind a whole answer has it delivered, and its exit code told', async () => {
    const server = await start(writeShellProgram('echo hello; exit 7', 'failing.cgi'));
    const { status, body } = await request(server.address(), { timeoutMs: 20_000 });
    expect([status, body.toString()]).toEqual([200, 'hello\n']);
    const line = await server.logged(/^failing.cgi exited with code 7$/);
    expect(line).toMatchObject({ level: 'warn', worker: 0 });
  });

  it('has each line of its error output in the log, the unfinished last one included', async () => {
    const source = 'echo "one two" >&2; echo hello; printf "grüße\\033[31m" >&2';
    const server = await start(writeShellProgram(source, 'report.cgi'));
    expect((await request(server.address(), { timeoutMs: 20_000 })).body.toString()).toBe(
      'hello\n',
    );
    const line = await server.logged(/^report.cgi: one two$/);
    expect(line).toMatchObject({ level: 'warn', worker: 0, stream: 'stderr' });
    expect(line['request']).toEqual(expect.any(String));
    await server.logged(/^report.cgi: grüße.\[31m$/);
  });

  it('that floods its error output does not flood the log', async () => {
    const source = 'head -c 1000000 /dev/zero | tr "\\0" x >&2; echo hello';
    const server = await start(writeShellProgram(source));
    expect((await request(server.address(), { timeoutMs: 20_000 })).body.toString()).toBe(
      'hello\n',
    );
    await server.logged(/^program.cgi: 737856 more bytes of error output are not logged$/);
  });

  it('that cannot be started for want of descriptors is a 503, and the next one is served', async () => {
    const server = await startServer({
      cgi: [writeShellProgram('sleep 1; echo hello')],
      args: ['--concurrency', '60'],
      mostDescriptors: 120,
      expectErrors: /cannot be started: out of descriptors|descriptor/,
    });
    const ask = (): Promise<number> =>
      request(server.address(), { timeoutMs: 20_000 }).then(({ status }) => status);
    const statuses = await Promise.all(Array.from({ length: 60 }, ask));
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    await server.logged(/^program.cgi cannot be started: out of descriptors/);
    expect(await ask()).toBe(200);
    expect(await server.stop()).toBe(0);
  });

  it('is not waited for by those who come after it', async () => {
    const server = await start(writeProgram('#!/bin/sh\nexit 1\n'));
    for (let i = 0; i < 20; i++) expect((await request(server.address())).status).toBe(500);
    expect(await server.stop()).toBe(0);
  });
});
