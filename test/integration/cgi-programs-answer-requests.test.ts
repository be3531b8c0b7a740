// One program for every request: what it is given, and what becomes of its answer.

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeProgram, writeShellProgram } from '../helpers/programs.ts';
import type { PeerAnswer, PeerRequest } from '../helpers/scgi-peer.ts';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';

async function answerOf(program: readonly string[], asked: PeerRequest = {}): Promise<PeerAnswer> {
  const server = await startServer({ cgi: program });
  const answer = await request(server.address(), { timeoutMs: 20_000, ...asked });
  expect(await server.stop()).toBe(0);
  return answer;
}

describe('a CGI program', () => {
  it('answers with lines that end in LF, and without a status', async () => {
    const answer = await answerOf([writeShellProgram('echo hello')]);
    expect(answer.raw.toString()).toMatch(
      /^Status: 200 OK\r\nContent-Type: text\/plain\r\n(Content-Length: 6\r\n)?\r\nhello\n$/,
    );
  });

  it('answers with the status and the header fields that it writes', async () => {
    const program = writeProgram(`#!/bin/sh
      printf 'Status: 404 Nothing Here\\r\\nX-One: 1\\r\\nSet-Cookie: a=1\\r\\nSet-Cookie: b=2\\r\\n\\r\\nno'`);
    const { status, headers, body } = await answerOf([program]);
    expect(status).toBe(404);
    expect(headers.get('status')).toEqual(['404 Nothing Here']);
    expect(headers.get('x-one')).toEqual(['1']);
    expect(headers.get('set-cookie')).toEqual(['a=1', 'b=2']);
    expect(body.toString()).toBe('no');
  });

  it('redirects the browser with a Location alone', async () => {
    const program = writeProgram(`#!/bin/sh\nprintf 'Location: /elsewhere?a=b\\n\\n'`);
    const { status, headers } = await answerOf([program]);
    expect(status).toBe(302);
    expect(headers.get('location')).toEqual(['/elsewhere?a=b']);
  });

  it('may begin with a line of HTTP, as one that parses no head ("nph-") does', async () => {
    const program = writeProgram(
      `#!/bin/sh\nprintf 'HTTP/1.1 410 Gone\\r\\nConnection: close\\r\\nX-A: b\\r\\n\\r\\ngone'`,
      'nph-program',
    );
    const { status, headers, body } = await answerOf([program]);
    expect(status).toBe(410);
    expect(headers.has('connection')).toBe(false);
    expect(headers.get('x-a')).toEqual(['b']);
    expect(body.toString()).toBe('gone');
  });

  it('answers HEAD without a body', async () => {
    const { status, body } = await answerOf([writeShellProgram('echo hello')], { method: 'HEAD' });
    expect(status).toBe(200);
    expect(body.length).toBe(0);
  });

  it('in Perl reads the body and writes it back, every byte of it', async () => {
    const program = writeProgram(`#!/usr/bin/perl
      binmode STDIN; binmode STDOUT;
      read(STDIN, my $body, $ENV{CONTENT_LENGTH}) == $ENV{CONTENT_LENGTH} or die "short";
      print "Content-Type: $ENV{CONTENT_TYPE}\\n\\n$body", eof(STDIN) ? '' : 'more';`);
    const body = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256));
    const env = { CONTENT_TYPE: 'application/x-bytes' };
    const answer = await answerOf([program], { method: 'POST', body, env });
    expect(answer.headers.get('content-type')).toEqual(['application/x-bytes']);
    expect(answer.body.equals(body)).toBe(true);
  });

  it('has nothing on its standard input when there is no body', async () => {
    const { body } = await answerOf([writeShellProgram('wc -c')]);
    expect(body.toString().trim()).toBe('0');
  });

  it('runs in its own directory, under its own name', async () => {
    const program = writeShellProgram('pwd; echo "$0"');
    const { body } = await answerOf([program]);
    expect(body.toString()).toBe(`${path.dirname(program)}\n${program}\n`);
  });

  it('gets the arguments of the command line, options among them, and none of the query', async () => {
    const program = writeShellProgram('for argument in "$@"; do echo "<$argument>"; done');
    const { body } = await answerOf([program, '--port', 'a b', '', 'é'], { path: '/?one+two' });
    expect(body.toString()).toBe('<--port>\n<a b>\n<>\n<é>\n');
  });

  it('is a script of the shell when it has no first line that says otherwise', async () => {
    const program = writeProgram(`printf 'Content-Type: text/plain\\n\\n'; echo "$0 $1"\n`);
    const { status, body } = await answerOf([program, 'x']);
    expect(status).toBe(200);
    expect(body.toString()).toBe(`${program} x\n`);
  });

  it('is looked up for each request, so that it can be replaced', async () => {
    const program = writeShellProgram('echo old');
    const server = await startServer({ cgi: [program] });
    expect((await request(server.address())).body.toString()).toBe('old\n');
    writeShellProgram('echo new', path.basename(program), path.dirname(program));
    expect((await request(server.address())).body.toString()).toBe('new\n');
  });
});
