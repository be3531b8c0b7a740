// Bodies through a CGI program: streamed, with back-pressure, whatever their size.

import fs from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  childrenIncludingZombies,
  residentBytes,
  writeProgram,
  writeShellProgram,
} from '../helpers/programs.ts';
import { encodeScgi } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const MB = 1024 * 1024;
const SIZE = 200 * MB;
/** Most that the worker's memory may grow by. */
const GROWTH = 32 * MB;
const TIMEOUT = { timeout: 120_000 };

/** Answers a body with its size, and a query of a number with so many bytes. */
const PROGRAM = `#!/usr/bin/perl
binmode STDOUT;
print "Content-Type: application/octet-stream\\n\\n";
if ($ENV{QUERY_STRING}) {
  my $part = 'x' x 65536;
  print $part for 1 .. $ENV{QUERY_STRING} / 65536;
} else {
  my ($size, $part) = (0);
  while (my $count = sysread(STDIN, $part, 65536)) { $size += $count }
  print $size;
}`;

/** What the program of a worker has written so far, bytes. */
function writtenByProgramOf(worker: number): number {
  const [program] = childrenIncludingZombies(worker);
  if (program === undefined) return 0;
  return Number(/^wchar: (\d+)/m.exec(fs.readFileSync(`/proc/${program.pid}/io`, 'utf8'))?.[1]);
}

/** Notes the highest memory of a process while `run` runs. */
async function growthDuring(pid: number, run: () => Promise<void>): Promise<number> {
  const before = residentBytes(pid);
  let most = before;
  const clock = setInterval(() => (most = Math.max(most, residentBytes(pid))), 20);
  await run();
  clearInterval(clock);
  return most - before;
}

/** Starts a server whose worker has served, so that what it loads late is not counted. */
async function startWarm(): Promise<{ server: RunningServer; worker: number }> {
  const server = await startServer({ cgi: [writeProgram(PROGRAM)] });
  await exchange(server, { query: `${20 * MB}`, bodySize: 0 });
  await exchange(server, { query: '', bodySize: 20 * MB });
  return { server, worker: server.workers()[0] ?? -1 };
}

/** Sends a request, reads the answer, and counts. */
async function exchange(
  server: RunningServer,
  { query, bodySize }: { query: string; bodySize: number },
): Promise<{ received: number; end: string }> {
  const socket = connect({ ...server.address(), allowHalfOpen: true });
  let received = 0;
  let end = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    end = (end + chunk.toString('latin1')).slice(-20);
  });
  const ended = new Promise<void>((resolve, reject) => {
    socket.once('end', resolve).once('error', reject);
  });
  const env = { REQUEST_METHOD: 'POST', REQUEST_URI: '/', QUERY_STRING: query };
  socket.write(encodeScgi(env, bodySize));
  const part = Buffer.alloc(MB, 'y');
  for (let sent = 0; sent < bodySize; sent += part.length) {
    if (!socket.write(part)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await ended;
  socket.destroy();
  return { received, end };
}

describe('a CGI program', () => {
  it('gets a body of 200 MB, of which the worker holds little', TIMEOUT, async () => {
    const { server, worker } = await startWarm();
    const growth = await growthDuring(worker, async () => {
      const { end } = await exchange(server, { query: '', bodySize: SIZE });
      expect(end.endsWith(`\n${SIZE}`)).toBe(true);
    });
    expect(growth).toBeLessThan(GROWTH);
  });

  it('answers with 200 MB, of which the worker holds little', TIMEOUT, async () => {
    const { server, worker } = await startWarm();
    const growth = await growthDuring(worker, async () => {
      const { received } = await exchange(server, { query: `${SIZE}`, bodySize: 0 });
      expect(received).toBeGreaterThan(SIZE);
    });
    expect(growth).toBeLessThan(GROWTH);
  });

  it('waits when its reader does not read, and the worker holds little', TIMEOUT, async () => {
    const { server, worker } = await startWarm();
    const growth = await growthDuring(worker, async () => {
      const socket = connect(server.address());
      const env = { REQUEST_METHOD: 'GET', REQUEST_URI: '/', QUERY_STRING: `${SIZE}` };
      socket.write(encodeScgi(env));
      await new Promise((resolve) => socket.once('readable', resolve));
      // A process that can write no more sleeps, and has not written all.
      const [program] = await waitFor('the program to wait', () => {
        const waiting = childrenIncludingZombies(worker).filter(({ state }) => state === 'S');
        return waiting.length > 0 && writtenByProgramOf(worker) > 0 ? waiting : undefined;
      });
      expect(program?.state).toBe('S');
      expect(writtenByProgramOf(worker)).toBeLessThan(GROWTH);
      socket.destroy();
    });
    expect(growth).toBeLessThan(GROWTH);
  });

  it('is heard at once when it has something to say, though it goes on', async () => {
    // It waits to be told by the file that the first part has come.
    const dir = writeShellProgram('').replace(/\/[^/]*$/, '');
    const source = `echo first; while [ ! -e ${dir}/go ]; do sleep 0.01; done; echo second`;
    const server = await startServer({ cgi: [writeShellProgram(source, 'slow.cgi', dir)] });
    const socket = connect(server.address());
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.write(encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/' }));
    await waitFor('the first part', () => text.endsWith('first\n'));
    writeShellProgram('', 'go', dir);
    await waitFor('the second part', () => text.endsWith('second\n'));
  });

  it('is heard though it does not read the body, and goes on', async () => {
    const program = writeShellProgram('echo first; exec sleep 5');
    const server = await startServer({ cgi: [program] });
    const socket = connect(server.address());
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString())).on('error', () => {});
    socket.write(encodeScgi({ REQUEST_METHOD: 'POST', REQUEST_URI: '/' }, 10 * MB));
    socket.write(Buffer.alloc(10 * MB));
    await waitFor('the first part', () => text.endsWith('first\n'));
    socket.destroy();
  });

  it('need not read the body', TIMEOUT, async () => {
    const server = await startServer({ cgi: [writeShellProgram('echo unread')] });
    const { end } = await exchange(server, { query: '', bodySize: 10 * MB });
    expect(end).toMatch(/unread\n$/);
  });
});
