// A program that has closed its standard output has answered: the browser gets the end of the answer, and
// what the program does then is still a part of its request.

import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { livingInGroup, writeProgram, writeShellProgram } from '../helpers/programs.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const GET = { REQUEST_METHOD: 'GET', REQUEST_URI: '/' };

/** Answers with its process id, and works until there is a file `go`. */
const WORKS_ON = 'echo $$; exec >&-; while ! [ -e go ]; do sleep 0.05; done; echo worked on >&2';

/** @returns the process that has answered */
function leaderIn(answer: Buffer): number {
  return Number(/\n(\d+)\n$/.exec(answer.toString())?.[1]);
}

describe('a CGI program that closes its output and works on', () => {
  it('has its answer ended soon, and finishes its work', async () => {
    const dir = tempDir();
    const server = await startServer({ cgi: [writeShellProgram(WORKS_ON, 'a.cgi', dir)] });
    const { bytes, ended } = await rawExchange(server.address(), encodeScgi(GET));
    expect(ended).toBe('end');
    expect(livingInGroup(leaderIn(bytes))).not.toEqual([]);
    fs.writeFileSync(`${dir}/go`, '');
    await server.logged(/^a.cgi: worked on$/);
    expect(await server.stop()).toBe(0);
  });

  it('keeps its place', async () => {
    const program = writeShellProgram('echo $$; ls -d "$1"; exec >&-; sleep 3; mkdir -p "$1"');
    const done = `${tempDir()}/done`;
    const server = await startServer({ cgi: [program, done], args: ['--concurrency', '1'] });
    const first = await request(server.address());
    const second = await request(server.address());
    expect(first.body.toString()).not.toContain(done);
    expect(second.body.toString()).toContain(done);
  });

  it('is killed when the time of its request is over', async () => {
    const server = await startServer({
      cgi: [writeShellProgram(WORKS_ON)],
      args: ['--request-timeout', '3s'],
      expectErrors: /the handler failed/,
    });
    const { bytes, ended } = await rawExchange(server.address(), encodeScgi(GET));
    expect(ended).toBe('end');
    const leader = leaderIn(bytes);
    await waitFor('its end', () => livingInGroup(leader).length === 0, 20_000);
    await server.logged(/the handler failed/);
    expect(JSON.stringify(server.log)).toContain('ERR_SCGI_TIMEOUT');
  });

  it('is judged by its end when it has written nothing', async () => {
    const server = await startServer({
      cgi: [writeProgram('#!/bin/sh\nexec >&-; sleep 0.3; exit 3\n')],
      expectErrors: /the handler failed/,
    });
    expect((await request(server.address())).status).toBe(500);
    await server.logged(/the handler failed/);
    expect(JSON.stringify(server.log)).toContain('wrote no response and exited with code 3');
  });
});
