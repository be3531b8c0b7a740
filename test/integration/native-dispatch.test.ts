// What only the native dispatcher does, seen from outside.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { endListening } from '../../src/posix/end-listening.ts';
import { loadPosix } from '../../src/posix/libc.ts';
import { createListener, isNonBlocking } from '../../src/posix/listeners.ts';
import { request } from '../helpers/scgi-peer.ts';
import { isAlive, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { withoutKoffi } from '../helpers/without-koffi.ts';

const NATIVE = { handler: 'kitchen.mjs', args: ['--dispatch', 'native'] };
const F_SETFL = 4;

/** CPU time of a process so far, in clock ticks. */
function ticks(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

it('falls back to the portable dispatcher, and says why in one line', async () => {
  const args = ['--dispatch', 'auto'];
  const server = await startServer({ handler: 'kitchen.mjs', args, env: withoutKoffi() });
  const lines = server.log.filter(({ msg }) => /portable/.test(msg));
  expect(lines.map(({ msg }) => msg)).toEqual([
    expect.stringMatching(/the package koffi cannot be loaded: not installed/),
  ]);
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
});

it('fails clearly when it is asked for and cannot work', async () => {
  const server = await startServer({
    ...NATIVE,
    env: withoutKoffi(),
    dontWait: true,
    expectErrors: /--dispatch native does not work here: .*not installed/,
  });
  expect(await server.ended()).toBe(78);
  expect(server.log.length).toBe(1);
});

it.each([
  ['a loop', 'for (;;) {}'],
  ['spawnSync', "spawnSync('sleep', ['30'])"],
])(
  'leaves no worker behind when the master is killed, not even in %s (rule 13)',
  async (_, code) => {
    const handler = path.join(tempDir(), 'stuck.mjs');
    const head = "import { spawnSync } from 'node:child_process';\n";
    fs.writeFileSync(handler, `${head}export function produce() { ${code}; void spawnSync; }\n`);
    const args = [...NATIVE.args, '--max-workers', '1'];
    const server = await startServer({ handler, args });
    const address = server.address();
    const pids = server.workers();
    const stuck = request(address).catch(() => undefined);
    await delay(100);
    server.process.kill('SIGKILL');
    await server.ended();
    await waitFor('the end of the workers', () => !pids.some(isAlive), 2_000);
    await stuck;
    // Its last thread closes what it held, a moment after the process is no longer alive.
    await waitFor(
      'the port to be free',
      () =>
        request(address).then(
          () => false,
          (error: Error) => /ECONNREFUSED/.test(error.message),
        ),
      1_000,
    );
  },
);

it('serves a listening socket that it inherits blocking, and makes it non-blocking (rule 11)', async () => {
  const socket = path.join(tempDir(), 's');
  const { descriptor } = createListener({ kind: 'unix', path: socket }, { backlog: 16 });
  onTestFinished(() => descriptor.close());
  loadPosix().fcntl(descriptor.fd, F_SETFL, 'int', 0);
  const args = ['--dispatch', 'native', '--listen', 'fd:3'];
  const server = await startServer({ ...NATIVE, args, inherit: descriptor.fd });
  for (let i = 0; i < 20; i++) {
    expect((await request({ path: socket }, { path: '/hello' })).status).toBe(200);
  }
  expect(isNonBlocking(descriptor)).toBe(true);
  expect(await server.stop()).toBe(0);
  expect(isNonBlocking(descriptor)).toBe(true);
});

it('exits 70 and says why when the dispatch thread fails', async () => {
  const local = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const { descriptor, address } = createListener(local, { backlog: 16 });
  const args = ['--dispatch', 'native', '--listen', 'fd:3'];
  const expectErrors = /^the dispatcher failed: accept4.*EINVAL|nothing can be served/;
  const server = await startServer({ ...NATIVE, args, inherit: descriptor.fd, expectErrors });
  const port = address.kind === 'tcp' ? address.port : 0;
  expect((await request({ port }, { path: '/hello' })).status).toBe(200);
  // Nobody can accept from it any more, whoever has it.
  endListening(descriptor);
  expect(await server.ended()).toBe(70);
  await server.logged(/^the dispatcher failed: accept4.*EINVAL/);
});

it('waits without spinning when no descriptor is left, then goes on (rule 7)', async () => {
  const server = await startServer({
    ...NATIVE,
    args: [...NATIVE.args, '--linger', '0', '--max-workers', '1'],
    expectErrors: /no file descriptor is left/,
  });
  const pid = server.process.pid ?? -1;
  // Its thread loads while workers boot, and needs descriptors for that; one that serves is loaded.
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
  await delay(100);
  const limit = (soft: number): void => {
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:4096`]);
  };
  // Every number below the limit is taken: the lowest free one is the limit.
  const taken = fs.readdirSync(`/proc/${pid}/fd`).map(Number);
  let lowest = 0;
  while (taken.includes(lowest)) lowest++;
  limit(lowest);
  const answer = request(server.address(), { path: '/hello' });
  await server.logged(/no file descriptor is left/);
  const before = ticks(pid);
  await delay(500);
  expect(ticks(pid) - before).toBeLessThan(10);
  limit(4_096);
  expect((await answer).status).toBe(200);
});

it('leaves no trace on the CPU at rest', async () => {
  const server = await startServer({ ...NATIVE, args: [...NATIVE.args, '--min-workers', '2'] });
  await waitFor('two workers', () => server.workers().length >= 2);
  for (let i = 0; i < 20; i++) await request(server.address(), { path: '/hello' });
  await delay(1_500);
  const pids = [server.process.pid ?? -1, ...server.workers()];
  const sum = (): number => pids.map(ticks).reduce((a, b) => a + b, 0);
  const before = sum();
  await delay(3_000);
  expect(sum() - before).toBeLessThanOrEqual(2);
});
