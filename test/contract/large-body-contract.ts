// Bodies that are too large to be held in memory, through every kind of handler. Its paths are those of
// handler-contract.ts.

import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeScgi, request } from '../helpers/scgi-peer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { HandlerKind } from './handler-contract.ts';
import { starterOf } from './handler-contract.ts';
import { Download, Upload } from './large-bodies.ts';
import type { Served, WayOfServing } from './ways-of-serving.ts';
import { peakBytes, residentBytes, WorkerMemory } from './worker-memory.ts';

const MB = 1024 * 1024;
const LARGE = 200 * MB;
/** Most memory that the streaming of a large body may take. */
const GROWTH = 32 * MB;
/** What fits into all buffers between a peer and a handler that does not read. */
const BUFFERED = 16 * MB;
const WARM_UP = 64 * MB;
/** What the garbage collector leaves at first, until so much has gathered. */
const GARBAGE = 32 * MB;

/** Runs the contract for one kind of handler, served in one way. */
export function describeLargeBodies(kind: HandlerKind, way: WayOfServing): void {
  describe(`a handler that is ${kind.name}, ${way.name}, with bodies that fit in no memory`, () => {
    describeStreaming(way, starterOf(kind, way));
  });
}

function describeStreaming({ isLasting }: WayOfServing, start: () => Promise<Served>): void {
  const growth = isLasting ? GROWTH : GROWTH + GARBAGE;
  const memoryOf = isLasting ? warm : beside;

  it('holds a peer back that sends 200 MB before they are read', async () => {
    const server = await start();
    const memory = await memoryOf(server);
    const go = path.join(tempDir(), 'go');
    const env = { REQUEST_URI: '/count', HTTP_X_GO: go };
    const sending = new Upload(server.address(), env, LARGE);
    await memory.watch();
    expect(await sending.stalled()).toBeLessThan(BUFFERED);
    writeFileSync(go, '');
    expect(await sending.answer()).toMatch(new RegExp(`\r\n\r\n${LARGE}\n$`));
    expect(memory.growth()).toBeLessThan(growth);
  }, 60_000);

  it('is held back by a peer that does not take its 200 MB yet', async () => {
    const server = await start();
    const memory = await memoryOf(server);
    const taking = new Download(server.address(), `/big?bytes=${LARGE}`);
    await memory.watch();
    await memory.steady();
    expect(await taking.body()).toBe(LARGE);
    expect(memory.growth()).toBeLessThan(growth);
  }, 60_000);
}

/** What compiled code takes does not count, nor what the garbage collector leaves until it is worth its while. */
async function warm(server: Served): Promise<WorkerMemory> {
  const body = Buffer.alloc(WARM_UP);
  for (let i = 0; i < 2; i++) {
    await request(server.address(), { method: 'POST', path: '/count', body });
    await request(server.address(), { path: `/big?bytes=${WARM_UP}` });
  }
  return new WorkerMemory(server, peakBytes(server));
}

/** Where no process can be warm: what another one takes that serves, and does nothing. */
async function beside(server: Served): Promise<WorkerMemory> {
  const socket = connect(server.address()).on('error', () => {});
  socket.write(encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/wait' }));
  await server.logged(/(^|: )waiting$/);
  const before = residentBytes(server);
  socket.destroy();
  await waitFor('its end', () => server.workers().length === 0);
  return new WorkerMemory(server, before);
}
