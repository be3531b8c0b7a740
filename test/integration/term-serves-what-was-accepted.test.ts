// TERM under load: every connection that was there before the signal gets its whole answer, whether
// a worker has it, the master has it, or it waits in the kernel's backlog.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runLoad } from '../helpers/load.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { encodeScgi } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { posixUnavailable } from '../../src/posix/libc.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const isPortable = process.env['TEST_DISPATCH'] === 'portable' || posixUnavailable() !== undefined;
const WORKERS = 2;
const CLIENTS = 16;

const TRANSPORTS: [string, () => string[]][] = [
  ['TCP', () => ['--port', '0']],
  ['a Unix socket', () => ['--socket', `${tempDir()}/app.sock`]],
];

function startPool(address: string[]): Promise<RunningServer> {
  const size = ['--min-workers', `${WORKERS}`, '--max-workers', `${WORKERS}`];
  return startServer({ handler: 'kitchen.mjs', args: [...address, ...size] });
}

/** From now on the process can open `count` descriptors more. */
function leaveDescriptors(pid: number | undefined, count: number): void {
  const taken = new Set(fs.readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let free = 0; free < count; limit++) if (!taken.has(limit)) free++;
  execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${limit}:`]);
}

function isStopped(pid: number | undefined): boolean {
  return /\) T /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** Resolves with the socket when the connection is established. */
async function open(address: PeerAddress): Promise<Socket> {
  const socket = connect({ ...address, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** Sends the request and returns the whole answer, or the word for what came instead. */
async function ask(socket: Socket, path: string): Promise<string> {
  const [pathInfo = '', query = ''] = path.split('?');
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.setTimeout(20_000, () => socket.destroy(new Error('20 s of silence')));
  socket.write(
    encodeScgi({
      REQUEST_METHOD: 'GET',
      REQUEST_URI: path,
      PATH_INFO: pathInfo,
      QUERY_STRING: query,
    }),
  );
  try {
    await once(socket, 'end');
  } catch (error) {
    return `no answer: ${String(error)}`;
  } finally {
    socket.destroy();
  }
  return Buffer.concat(pieces).toString();
}

const answerTo = (token: string): RegExp =>
  new RegExp(`^Status: 200 OK\\r\\n[^]*\\r\\n\\r\\nworker=\\d+ pid=\\d+ token=${token}\\n$`);

describe.each(TRANSPORTS)('TERM under load, over %s', (_transport, addressArgs) => {
  it('answers what runs, what is queued and what waits in the backlog, and exits 0', async () => {
    const server = await startPool(addressArgs());
    const address = server.address();

    const early = await Promise.all(Array.from({ length: CLIENTS }, () => open(address)));
    const answers = early.map((socket, n) => ask(socket, `/sleep?ms=100&token=early-${n}`));
    // A master that is stopped accepts nothing: these are in the kernel's backlog at the TERM.
    server.process.kill('SIGSTOP');
    await waitFor('the master to stand still', () => isStopped(server.process.pid));
    const late = await Promise.all(Array.from({ length: CLIENTS }, () => open(address)));
    answers.push(...late.map((socket, n) => ask(socket, `/sleep?ms=100&token=late-${n}`)));
    server.process.kill('SIGTERM');
    server.process.kill('SIGCONT');

    const texts = await Promise.all(answers);
    for (const [n, text] of texts.entries()) {
      const token = n < CLIENTS ? `early-${n}` : `late-${n - CLIENTS}`;
      expect(text).toMatch(answerTo(token));
    }
    expect(await server.ended()).toBe(0);
  });

  // Node closes what it has no descriptor for.
  it.skipIf(isPortable)('waits with those for which there is no descriptor yet', async () => {
    const size = ['--min-workers', `${WORKERS}`, '--max-workers', `${WORKERS}`];
    const expectErrors = /no file descriptor is left/;
    const args = [...addressArgs(), ...size];
    const server = await startServer({ handler: 'kitchen.mjs', args, expectErrors });
    const address = server.address();
    // A worker that boots takes a few.
    for (const n of Array.from({ length: WORKERS }).keys()) {
      await server.logged(new RegExp(`^worker ${n} .* is ready`));
    }
    expect(await ask(await open(address), '/sleep?ms=1&token=first')).toMatch(answerTo('first'));

    server.process.kill('SIGSTOP');
    await waitFor('the master to stand still', () => isStopped(server.process.pid));
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => open(address)));
    const answers = sockets.map((socket, n) => ask(socket, `/sleep?ms=200&token=${n}`));
    leaveDescriptors(server.process.pid, 3);
    server.process.kill('SIGTERM');
    server.process.kill('SIGCONT');
    for (const [n, text] of (await Promise.all(answers)).entries()) {
      expect(text).toMatch(answerTo(`${n}`));
    }
    expect(await server.ended()).toBe(0);
    await server.logged(expectErrors);
  });

  it('answers a connection that was established before the signal and sends its request after', async () => {
    const server = await startPool(addressArgs());
    const sockets = await Promise.all(
      Array.from({ length: CLIENTS }, () => open(server.address())),
    );
    server.process.kill('SIGTERM');
    await server.logged(/^graceful stop/);
    const answers = sockets.map((socket, n) => ask(socket, `/sleep?ms=10&token=${n}`));
    for (const [n, text] of (await Promise.all(answers)).entries()) {
      expect(text).toMatch(answerTo(`${n}`));
    }
    expect(await server.ended()).toBe(0);
  });

  it('loses none of a steady stream of requests whose connection came before the signal', async () => {
    const server = await startPool(addressArgs());
    const address = server.address();
    let termAt = Number.POSITIVE_INFINITY;
    const unanswered: string[] = [];
    const exchange = async (n: number): Promise<void> => {
      const socket = await open(address);
      const openedAt = performance.now();
      const text = await ask(socket, `/sleep?ms=1&token=${n}`);
      if (!answerTo(`${n}`).test(text) && openedAt < termAt) unanswered.push(`${n}: ${text}`);
    };
    const goOn = (begun: number): boolean => {
      if (begun === 500) {
        termAt = performance.now();
        server.process.kill('SIGTERM');
      }
      return begun < 600;
    };
    await runLoad(exchange, { clients: CLIENTS, goOn });
    expect(unanswered).toEqual([]);
    expect(await server.ended()).toBe(0);
  });
});
