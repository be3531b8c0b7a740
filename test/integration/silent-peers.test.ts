// Peers that say nothing, or too little, too slowly: what they may cost others.

import fs from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { runLoad } from '../helpers/load.ts';
import type { QuietPeers, SlowBytes } from '../helpers/quiet-peers.ts';
import { connectQuietly } from '../helpers/quiet-peers.ts';
import { encodeScgi, request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const WORKERS = 4;
const POOL = ['--min-workers', `${WORKERS}`, '--max-workers', `${WORKERS}`];

async function startPool(...args: string[]): Promise<RunningServer> {
  const all = [...POOL, '--max-queue', '2000', ...args];
  const server = await startServer({ handler: 'kitchen.mjs', args: all });
  const ready = (): number => server.log.filter(({ msg }) => msg.endsWith('is ready')).length;
  await waitFor('all workers', () => ready() === WORKERS);
  return server;
}

/** Asks 200 times, 8 at once; every answer has to be right. */
async function hello(server: RunningServer, timeoutMs: number = 10_000): Promise<void> {
  const exchange = async (): Promise<void> => {
    const { status, body } = await request(server.address(), { path: '/hello', timeoutMs });
    expect([status, body.toString()]).toEqual([200, 'hello\n']);
  };
  const result = await runLoad(exchange, { clients: 8, goOn: (begun) => begun < 200 });
  expect(result).toEqual({ begun: 200, failures: [], wrong: [] });
}

async function connectPeers(
  server: RunningServer,
  count: number,
  bytes?: SlowBytes,
): Promise<QuietPeers> {
  const peers = await connectQuietly(server.address(), count, bytes);
  onTestFinished(() => peers.close());
  return peers;
}

/** Open descriptors of the master and of each worker. */
function descriptors(server: RunningServer): number[] {
  const pids = [server.process.pid ?? -1, ...server.workers()];
  return pids.map((pid) => fs.readdirSync(`/proc/${pid}/fd`).length);
}

/** Waits until every process has no more descriptors than `before`, when one may just have been closing. */
async function noMoreDescriptors(server: RunningServer, before: readonly number[]): Promise<void> {
  await waitFor(`no more descriptors than ${before.join(', ')}`, () =>
    descriptors(server).every((count, n) => count <= (before[n] ?? 0)),
  );
}

/** Half of a header block; the rest of it would take longer than any test. */
function halfAHeaderBlock(): SlowBytes {
  const block = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/hello' });
  const half = Math.floor(block.length / 2);
  return { atOnce: block.subarray(0, half), later: block.subarray(half) };
}

it.each(['native', 'portable'])(
  'serves beside 1,000 connections that say nothing, and closes them at --header-timeout (%s)',
  async (dispatch) => {
    const server = await startPool('--header-timeout', '2s', '--dispatch', dispatch);
    await hello(server);
    const before = descriptors(server);
    const peers = await connectPeers(server, 1_000);
    await hello(server);
    await waitFor('the end of all silent connections', () => peers.open() === 0);
    expect(peers.firstEndMs()).toBeGreaterThanOrEqual(2_000);
    // Nothing was asked, so nothing is answered.
    expect(new Set(peers.answers())).toEqual(new Set(['']));
    await noMoreDescriptors(server, before);
    await hello(server);
  },
);

it.each(['native', 'portable'])(
  'serves beside 1,000 header blocks that come byte by byte, and answers 408 to them (%s)',
  async (dispatch) => {
    const server = await startPool('--header-timeout', '5s', '--dispatch', dispatch);
    await hello(server);
    const before = descriptors(server);
    const peers = await connectPeers(server, 1_000, halfAHeaderBlock());
    // Within the time that the first of them has.
    await hello(server, 5_000);
    await waitFor('the end of all slow connections', () => peers.open() === 0, 20_000);
    const heads = peers.answers().map((answer) => answer.split('\r\n', 1)[0]);
    expect(new Set(heads)).toEqual(new Set(['Status: 408 Request Timeout']));
    await noMoreDescriptors(server, before);
    await hello(server);
  },
);
