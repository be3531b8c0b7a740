// Rules of the native dispatcher that show only when something goes wrong at a bad moment.

import { execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { BlockList, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { loadPosix } from '../../src/posix/libc.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { NativeRig } from './native-rig.ts';
import { setUp } from './native-rig.ts';

const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/**
 * Moves a process, and this thread, to one core, where the process runs only while this thread does
 * nothing: whatever wakes it, it cannot act before this thread waits. Undone at the end of the test.
 */
function holdBack(worker: ChildProcess): void {
  const [own, other] = [String(process.pid), String(worker.pid)];
  const before = /: (\S+)\s*$/.exec(execFileSync('taskset', ['-p', own]).toString())?.[1] ?? '';
  const core = /: (\d+)/.exec(execFileSync('taskset', ['-cp', own]).toString())?.[1] ?? '0';
  execFileSync('taskset', ['-cp', core, own]);
  onTestFinished(() => void execFileSync('taskset', ['-p', before, own]));
  execFileSync('taskset', ['-acp', core, other]);
  execFileSync('chrt', ['-a', '-i', '-p', '0', other]);
}

/** Connects at once: before this returns the connection waits. */
function knock(rig: NativeRig): { socket: Socket; answer: () => string } {
  let answer = '';
  const socket = connect({ path: rig.paths[0] ?? '', allowHalfOpen: true });
  socket.on('data', (chunk) => (answer += chunk.toString())).on('error', () => {});
  socket.write('hello\n');
  onTestFinished(() => void socket.destroy());
  return { socket, answer: () => answer };
}

/** Whether a connection is served whose wake-up went to a worker that gets this signal then. */
async function isServedAfter(signal: 'SIGKILL' | 'SIGSTOP'): Promise<boolean> {
  const rig = setUp({ linger: 3_000 });
  const woken = await rig.add(0);
  expect(await rig.hello()).toBe('0');
  await rig.add(1);
  await rig.lingering(1);
  holdBack(woken);
  const { answer } = knock(rig);
  woken.kill(signal);
  return waitFor('the answer', () => answer() === '1', 3_000).catch(() => false);
}

it.each(['SIGKILL', 'SIGSTOP'] as const)(
  'serves a connection whose wake-up a worker took along into its %s (rule 1)',
  async (signal) => {
    // On a busy machine the worker may be quicker than the signal, and takes the connection along, too.
    let isServed = false;
    for (let i = 0; i < 4 && !isServed; i++) isServed = await isServedAfter(signal);
    expect(isServed).toBe(true);
  },
  60_000,
);

it('keeps peers that are not allowed from workers that serve themselves (rule 12)', async () => {
  const allow = new BlockList();
  allow.addSubnet('10.0.0.0', 8);
  const rig = setUp({ linger: 500, allow });
  await rig.add(0);
  for (let i = 0; i < 5; i++) {
    expect(await rig.hello()).toBe('0');
    await rig.lingering(1);
    expect(await rig.ask('hello', rig.tcp)).toBe('');
  }
  await waitFor('the last answer', () => rig.dispatcher.load(0)?.served === 5);
  await waitFor('the last notice', () => rig.notices.length >= 5);
  expect(new Set(rig.notices.map(({ type }) => type))).toEqual(new Set(['peer-refused']));
});

it('starts no worker on a listener that blocks (rule 11)', async () => {
  const rig = setUp();
  const [listener] = rig.listeners;
  loadPosix().fcntl(listener?.fd ?? -1, F_SETFL, 'int', 0);
  const worker = rig.spawn(0);
  const code = await new Promise((resolve) => worker.once('exit', resolve));
  loadPosix().fcntl(listener?.fd ?? -1, F_SETFL, 'int', O_NONBLOCK);
  expect(code).toBe(1);
});

it('loses no credit with a connection that the kernel closes for want of a descriptor (rule 7)', async () => {
  const rig = setUp({ linger: 0 });
  const worker = await rig.add(0);
  expect(await rig.hello()).toBe('0');
  await waitFor('the credit', () => rig.dispatcher.load(0)?.running === 0);
  const limit = (soft: number): void => {
    execFileSync('prlimit', ['--pid', String(worker.pid), `--nofile=${soft}:1024`]);
  };
  // Below all that it has: even what it gives up for the connection is of no use.
  limit(5);
  expect(await rig.hello()).toBe('');
  await waitFor('the notice', () => rig.notices.some(({ type }) => type === 'worker-exhausted'));
  limit(1_024);
  expect(await rig.hello()).toBe('0');
  await waitFor('the credit', () => rig.dispatcher.load(0)?.running === 0);
});

it('lets nobody wait behind busy workers while another is idle (rule 6)', async () => {
  const rig = setUp();
  for (let slot = 0; slot < 4; slot++) await rig.add(slot);
  const load = { isOn: true };
  let served = 0;
  const clients = Array.from({ length: 3 }, async () => {
    while (load.isOn) {
      expect(await rig.hello()).toMatch(/^[0-3]$/);
      served++;
    }
  });
  await waitFor('some load', () => served > 50);
  // All three block at the same time, each a worker of its own, and the load goes on.
  let blocked = 0;
  const blocking = Array.from({ length: 3 }, () => rig.ask('block 1500').then(() => blocked++));
  await waitFor('three that block', () => running(rig) >= 3);
  const before = served;
  await waitFor('answers meanwhile', () => served > before + 50);
  expect(blocked).toBe(0);
  load.isOn = false;
  await Promise.all([...blocking, ...clients]);
});

function running(rig: NativeRig): number {
  return [0, 1, 2, 3].reduce((sum, slot) => sum + (rig.dispatcher.load(slot)?.running ?? 0), 0);
}

it('has every credit after requests that end in every way, and deaths among them (rule 7)', async () => {
  const rig = setUp({ concurrency: 3 });
  const workers = new Map<number, ChildProcess>();
  for (const slot of [0, 1, 2]) workers.set(slot, await rig.add(slot));
  const ways: (() => Promise<unknown>)[] = [
    () => rig.hello(),
    () => rig.ask('sleep 3'),
    () => rig.ask('hello', rig.tcp),
    // Says nothing and goes, at once or a little later.
    async () => void knockSilently(rig).destroy(),
    async () => {
      const socket = knockSilently(rig);
      await delay(4);
      socket.destroy();
    },
    // Goes before the answer.
    async () => {
      const { socket } = knock(rig);
      await delay(1);
      socket.destroy();
    },
  ];
  const mixture = async (): Promise<void> => {
    for (let i = 0; i < 30; i++) await ways[i % ways.length]?.().catch(() => {});
  };
  for (let slot = 3; slot < 6; slot++) {
    const mixed = Promise.all(Array.from({ length: 5 }, mixture));
    await delay(10);
    const [stopped, dying] = [workers.get(slot - 1), workers.get(slot - 3)];
    stopped?.kill('SIGSTOP');
    dying?.kill('SIGKILL');
    await rig.dispatcher.detach(slot - 3);
    workers.set(slot, await rig.add(slot));
    stopped?.kill('SIGCONT');
    await mixed;
  }
  const asked = Array.from({ length: 9 }, () => rig.ask('sleep 1000'));
  await waitFor('all nine to run', () =>
    [3, 4, 5].every((slot) => rig.dispatcher.load(slot)?.running === 3),
  );
  expect((await Promise.all(asked)).every((answer) => /^[345]$/.test(answer))).toBe(true);
  await waitFor('all to be idle', () =>
    [3, 4, 5].every((slot) => rig.dispatcher.load(slot)?.running === 0),
  );
});

function knockSilently(rig: NativeRig): Socket {
  return connect({ path: rig.paths[0] ?? '' }).on('error', () => {});
}
