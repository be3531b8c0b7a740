// No program outlives its request, nor does anything that it has started: a time limit kills the whole
// process group, and one whose reader has gone is asked to end, then made to.

import fs from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { livingInGroup, writeProgram, writeShellProgram } from '../helpers/programs.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** Waits in a process of its own, after saying who it is. */
const WAIT_IN_A_CHILD = 'echo $$ > "$1"; sleep 1000 & wait';

/** What a program wrote into a file as soon as it ran. */
async function pidIn(file: string): Promise<number> {
  return waitFor(`a process id in ${file}`, () => {
    return fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : undefined;
  });
}

function groupIsGone(leader: number): Promise<boolean> {
  return waitFor(`the end of group ${leader}`, () => livingInGroup(leader).length === 0, 20_000);
}

function ask(server: RunningServer): Socket {
  const socket = connect(server.address());
  socket.on('error', () => {});
  socket.write(encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/' }));
  return socket;
}

describe('a CGI program that takes longer than --request-timeout', () => {
  it('is killed with its children, and answered with 504', async () => {
    const file = `${tempDir()}/pid`;
    const program = writeProgram(`#!/bin/sh\ntrap '' TERM\n${WAIT_IN_A_CHILD}\n`);
    const server = await startServer({
      cgi: [program, file],
      args: ['--request-timeout', '500ms'],
    });
    const { status } = await request(server.address(), { timeoutMs: 20_000 });
    expect(status).toBe(504);
    await groupIsGone(await pidIn(file));
    const line = await server.logged(/^GET \/: it took longer than --request-timeout/);
    expect(line).toMatchObject({ level: 'warn', status: 504 });
  });

  it('has its answer cut when that was begun', async () => {
    const file = `${tempDir()}/pid`;
    const program = writeShellProgram(`echo begun; ${WAIT_IN_A_CHILD}`);
    const server = await startServer({
      cgi: [program, file],
      args: ['--request-timeout', '500ms'],
    });
    const head = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/' });
    const { bytes, ended } = await rawExchange(server.address(), head, { timeoutMs: 20_000 });
    expect(bytes.toString()).toMatch(/^Status: 200 OK\r\n.*begun\n$/s);
    expect(ended).toBe('reset');
    await groupIsGone(await pidIn(file));
  });

  it('is killed though it has left its output to a child and ended itself', async () => {
    const file = `${tempDir()}/pid`;
    const program = writeShellProgram('echo $$ > "$1"; sleep 30 &');
    const server = await startServer({
      cgi: [program, file],
      args: ['--request-timeout', '500ms'],
    });
    const head = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/' });
    const { ended } = await rawExchange(server.address(), head, { timeoutMs: 20_000 });
    expect(ended).toBe('reset');
    await server.logged(/^GET \/: it took longer than --request-timeout/);
    // Node reaps it at once, so that the number of its group may be another's.
    if (process.env['TEST_DISPATCH'] !== 'portable') await groupIsGone(await pidIn(file));
  });

  it('runs on when the limit is off', async () => {
    const program = writeShellProgram('sleep 1; echo done');
    const server = await startServer({ cgi: [program], args: ['--request-timeout', 'off'] });
    const { body } = await request(server.address(), { timeoutMs: 20_000 });
    expect(body.toString()).toBe('done\n');
  });
});

describe('a CGI program whose reader has gone', () => {
  it('gets TERM, with all of its group', async () => {
    const file = `${tempDir()}/pid`;
    const said = `${tempDir()}/said`;
    const program = writeShellProgram(`trap 'echo TERM > ${said}; exit' TERM; ${WAIT_IN_A_CHILD}`);
    const server = await startServer({ cgi: [program, file] });
    const socket = ask(server);
    const leader = await pidIn(file);
    socket.destroy();
    await groupIsGone(leader);
    expect(fs.readFileSync(said, 'utf8')).toBe('TERM\n');
    expect(await server.stop()).toBe(0);
  });

  it('gets KILL when TERM does not help', async () => {
    const file = `${tempDir()}/pid`;
    const program = writeShellProgram(`trap '' TERM; ${WAIT_IN_A_CHILD}`);
    const server = await startServer({ cgi: [program, file] });
    const socket = ask(server);
    const leader = await pidIn(file);
    socket.destroy();
    await server.logged(/did not end at SIGTERM, and is killed/);
    await groupIsGone(leader);
  });

  it('keeps its place until it has ended, so that there are never more than --concurrency', async () => {
    const file = `${tempDir()}/pid`;
    const program = writeShellProgram(`trap '' TERM; ${WAIT_IN_A_CHILD}`);
    const server = await startServer({ cgi: [program, file], args: ['--concurrency', '1'] });
    const first = ask(server);
    const leader = await pidIn(file);
    first.destroy();
    fs.rmSync(file);
    const second = ask(server);
    const other = await pidIn(file);
    expect(livingInGroup(leader)).toEqual([]);
    second.destroy();
    await groupIsGone(other);
  });
});

describe('a CGI program that runs when the server stops', () => {
  it('is waited for by a graceful stop', async () => {
    const file = `${tempDir()}/pid`;
    const program = writeShellProgram('echo $$ > "$1"; sleep 1; echo done');
    const server = await startServer({ cgi: [program, file] });
    const answer = request(server.address(), { timeoutMs: 20_000 });
    await pidIn(file);
    expect(await server.stop()).toBe(0);
    expect((await answer).body.toString()).toBe('done\n');
  });

  it('is killed by a quick stop, with its children', async () => {
    const file = `${tempDir()}/pid`;
    const program = writeProgram(`#!/bin/sh\ntrap '' TERM\n${WAIT_IN_A_CHILD}\n`);
    const server = await startServer({
      cgi: [program, file],
      expectErrors: /ended before it was answered/,
    });
    const answer = request(server.address(), { timeoutMs: 20_000 });
    const leader = await pidIn(file);
    server.process.kill('SIGINT');
    expect((await answer).status).toBe(503);
    expect(await server.ended()).toBe(0);
    await groupIsGone(leader);
  });
});
