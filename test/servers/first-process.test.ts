// The server as the first process of a process namespace, as in a container: process 1, which has no default
// reaction to signals, and which every orphan becomes a child of.

import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AppProcess } from '../bench/app-process.ts';
import { startApp } from '../bench/app-process.ts';
import { childrenIncludingZombies } from '../helpers/programs.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { request } from '../helpers/scgi-peer.ts';
import { BIN, childrenOf, HANDLERS } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { canRun, hasProgram } from './front.ts';

const TITLE = 'the server as process 1';
const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;
const ORPHANS = 5;

function problem(): string | undefined {
  const { error, status, stderr } = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), 'true']);
  if (error !== undefined) return `${UNSHARE[0]}: ${error.message}`;
  return status === 0 ? undefined : String(stderr).trim();
}

interface First {
  address: PeerAddress;
  /** Process 1, as it is called outside. */
  pid: number;
  app: AppProcess;
  stop: () => Promise<number | string>;
}

/** @param before - what starts the server */
async function startFirst(handler: string, before: readonly string[] = []): Promise<First> {
  const address = { path: `${tempDir()}/app.sock` };
  const mode = process.env['TEST_DISPATCH'];
  const dispatch = mode === undefined ? [] : ['--dispatch', mode];
  const server = [process.execPath, BIN, '--socket', address.path, ...dispatch];
  const command = [...UNSHARE, ...before, ...server, `${HANDLERS}/${handler}`] as const;
  const app = await startApp(command, /worker 0 .* is ready/g, 1);
  const [first] = childrenIncludingZombies(app.pid);
  const pid = first?.pid ?? -1;
  // unshare itself does not listen to TERM.
  const stop = (): Promise<number | string> => {
    process.kill(pid, 'SIGTERM');
    return app.stop();
  };
  onTestFinished(async () => {
    if (childrenIncludingZombies(app.pid).length > 0) process.kill(pid, 'SIGKILL');
    await app.stop();
  });
  return { address, pid, app, stop };
}

describe.skipIf(!canRun(TITLE, problem()))('the server as process 1', () => {
  it('answers what runs after TERM, and ends with 0', async () => {
    const { address, app, stop } = await startFirst('kitchen.mjs');
    expect(app.output()).toContain('scgi-server starts: pid 1,');
    const path = '/hold?ms=1000';
    const answer = request(address, { path, env: { PATH_INFO: '/hold' } });
    await waitFor('the request to run', () => app.output().includes('holding'));
    const ended = stop();
    expect((await answer).status).toBe(200);
    expect(await ended).toBe(0);
    expect(app.output()).toContain('stopped exitCode=0');
  });

  it('replaces a worker that has died, and leaves nothing of it', async () => {
    const { address, pid, app, stop } = await startFirst('kitchen.mjs');
    const [worker = -1] = childrenOf(pid);
    process.kill(worker, 'SIGKILL');
    await waitFor('its death in the log', () => app.output().includes('killed by SIGKILL'));
    expect((await request(address, { path: '/hello' })).status).toBe(200);
    expect(childrenIncludingZombies(pid).filter(({ state }) => state === 'Z')).toEqual([]);
    expect(await stop()).toBe(0);
  });

  it('is not confused by orphans, which are none of its workers', async () => {
    const { address, stop, app } = await startFirst('leaves-orphans.mjs');
    for (let n = 0; n < ORPHANS; n++) expect((await request(address)).status).toBe(200);
    expect(await stop()).toBe(0);
    // Root is warned at its start, whatever its process id.
    expect(app.output()).not.toMatch(/^(warn|error)(?! +workers run as root: )/m);
  });
});

describe.skipIf(!canRun(TITLE, problem()) || !hasProgram('tini', TITLE))(`${TITLE}, tini`, () => {
  it('collects orphans, and passes TERM and the exit code on', async () => {
    const { address, pid, stop } = await startFirst('leaves-orphans.mjs', ['tini', '--']);
    for (let n = 0; n < ORPHANS; n++) expect((await request(address)).status).toBe(200);
    await waitFor('the end of all orphans', () => childrenIncludingZombies(pid).length === 1);
    expect(await stop()).toBe(0);
  });
});
