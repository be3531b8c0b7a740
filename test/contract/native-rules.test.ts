// Rules that the native dispatcher alone has to keep, because only there workers serve themselves.

import fs from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { rawExchange } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { setUp } from './native-rig.ts';

/** CPU time of a process or of one of its threads so far, in clock ticks. */
function ticks(file: string): number {
  const stat = fs.readFileSync(file, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function silent(socketPath: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    socket.on('error', () => {}).once('connect', () => resolve(socket));
    onTestFinished(() => void socket.destroy());
  });
}

it('serves on when workers that linger are killed (rule 1)', async () => {
  const rig = setUp({ linger: 200 });
  await rig.add(0);
  for (let slot = 1; slot <= 6; slot++) {
    const worker = await rig.add(slot);
    // Whichever was the last to serve lingers now, and may be woken for the next while it is stopped.
    await rig.hello();
    worker.kill('SIGSTOP');
    const answer = rig.hello();
    worker.kill('SIGKILL');
    const startedAt = performance.now();
    expect(await Promise.race([answer, delay(5_000, 'nothing')])).toMatch(/^\d?$/);
    expect(performance.now() - startedAt).toBeLessThan(900);
    await rig.dispatcher.detach(slot);
  }
});

it('finds a connection whose lingering worker left for good (rule 1)', async () => {
  const rig = setUp({ linger: 100 });
  await rig.add(0);
  await rig.add(1);
  for (let i = 0; i < 5; i++) {
    await rig.hello();
    // Both may linger; neither may accept any more when it is woken.
    void rig.dispatcher.withdraw(i % 2 === 0 ? 0 : 1);
    const answer = rig.hello();
    if (i === 0) {
      expect(await Promise.race([answer, delay(900, 'late')])).toMatch(/^[01]$/);
      break;
    }
  }
});

it('asks for workers without spinning while nobody comes (rule 3)', async () => {
  const rig = setUp();
  const before = process.cpuUsage();
  void rig.hello().catch(() => {});
  await waitFor('the demand', rig.demands);
  await delay(1_000);
  const { user, system } = process.cpuUsage(before);
  expect(rig.demands()).toBeLessThan(60);
  expect((user + system) / 1_000).toBeLessThan(400);
  await rig.add(0);
});

it('lets connections that say nothing hold no worker, and serves them when they speak (rule 4)', async () => {
  const rig = setUp();
  await rig.add(0);
  const quiet = await Promise.all(Array.from({ length: 50 }, () => silent(rig.paths[0] ?? '')));
  expect(await rig.hello()).toBe('0');
  const [one] = quiet;
  let answer = '';
  one?.on('data', (chunk) => (answer += chunk.toString()));
  one?.write('hello\n');
  await waitFor('the late answer', () => answer === '0');
});

it('closes connections that stay silent for the header timeout (rule 4)', async () => {
  const rig = setUp({ headerTimeout: 100 });
  await rig.add(0);
  const socket = await silent(rig.paths[0] ?? '');
  const closed = new Promise((resolve) => socket.resume().once('end', () => resolve('closed')));
  expect(await Promise.race([closed, delay(3_000, 'open')])).toBe('closed');
});

it('passes to another what a stopped worker does not come for (rule 5)', async () => {
  const rig = setUp({ concurrency: 2 });
  const stopped = await rig.add(0);
  await rig.add(1);
  await delay(20);
  stopped.kill('SIGSTOP');
  const answers = await Promise.all(Array.from({ length: 6 }, () => rig.hello()));
  expect(answers).toEqual(['1', '1', '1', '1', '1', '1']);
  stopped.kill('SIGCONT');
  // Its credits are back when it has looked: both workers are used again.
  const sleep = Buffer.from('sleep 150\n');
  const both = Array.from({ length: 4 }, () => rawExchange({ path: rig.paths[0] ?? '' }, sleep));
  await waitFor('all four to run', () =>
    [0, 1].every((slot) => rig.dispatcher.load(slot)?.running === 2),
  );
  await Promise.all(both);
});

it('keeps connections when a channel is full (rule 5)', async () => {
  const rig = setUp({ concurrency: 1_000 });
  const stopped = await rig.add(0);
  await delay(20);
  stopped.kill('SIGSTOP');
  const answers = Array.from({ length: 400 }, () => rig.hello());
  await delay(300);
  await rig.add(1);
  const got = await Promise.all(answers);
  expect(new Set(got)).toEqual(new Set(['1']));
  stopped.kill('SIGCONT');
});

it('sees the death of a worker before it is told (rule 8)', async () => {
  const rig = setUp();
  const worker = await rig.add(0);
  await delay(20);
  worker.kill('SIGKILL');
  await new Promise((resolve) => worker.once('exit', resolve));
  const answer = rig.hello();
  await waitFor('the demand', rig.demands);
  await rig.add(1);
  expect(await answer).toBe('1');
});

it('answers 503 to the backlog when nothing moves, not while something does', async () => {
  const rig = setUp({ queueTimeout: 200 });
  await rig.add(0);
  const sleep = Buffer.from('sleep 50\n');
  const asked = Array.from({ length: 10 }, () => rawExchange({ path: rig.paths[0] ?? '' }, sleep));
  const answers = (await Promise.all(asked)).map(({ bytes }) => bytes.toString());
  expect(answers).toEqual(Array.from({ length: 10 }, () => '0'));
  const long = rawExchange({ path: rig.paths[0] ?? '' }, Buffer.from('sleep 1500\n'));
  await delay(50);
  expect(await rig.hello()).toMatch(/^Status: 503 /);
  expect((await long).bytes.toString()).toBe('0');
});

it('takes connections from all listeners in turn (rule 12)', async () => {
  const rig = setUp({ sockets: 3 });
  await rig.add(0);
  await rig.add(1);
  const answers = await Promise.all(Array.from({ length: 90 }, (_, i) => rig.hello(i % 3)));
  expect(answers.every((answer) => /^[01]$/.test(answer))).toBe(true);
});

it('gives every credit back after many requests (rule 7)', async () => {
  const rig = setUp({ concurrency: 3 });
  await rig.add(0);
  await rig.add(1);
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 20 }, () => rig.hello()));
  await delay(50);
  const sleep = Buffer.from('sleep 300\n');
  const asked = Array.from({ length: 6 }, () => rawExchange({ path: rig.paths[0] ?? '' }, sleep));
  await waitFor('all six to run', () =>
    [0, 1].every((slot) => rig.dispatcher.load(slot)?.running === 3),
  );
  await Promise.all(asked);
});

it('uses no CPU at rest', async () => {
  const rig = setUp();
  const worker = await rig.add(0);
  await rig.hello();
  await delay(1_000);
  const before = ticks(`/proc/${worker.pid}/stat`);
  await delay(2_000);
  expect(ticks(`/proc/${worker.pid}/stat`) - before).toBeLessThanOrEqual(1);
});

it('serves a connection that was silent at first although the backlog never empties', async () => {
  const rig = setUp();
  await rig.add(0);
  const late = await silent(rig.paths[0] ?? '');
  expect(await rig.hello()).toBe('0');
  const load = { isOn: true };
  const clients = Array.from({ length: 8 }, async () => {
    const sleep = Buffer.from('sleep 20\n');
    while (load.isOn) await rawExchange({ path: rig.paths[0] ?? '' }, sleep);
  });
  let answer = '';
  late.on('data', (chunk) => (answer += chunk.toString()));
  await delay(50);
  late.write('hello\n');
  await waitFor('the late answer', () => answer === '0', 500);
  load.isOn = false;
  await Promise.all(clients);
});

it('tells each worker how long to linger, as it is asked to or as at the start', () => {
  const { dispatcher } = setUp({ linger: 3 });
  const intakes = [dispatcher.prepare(0), dispatcher.prepare(1, 2, 7)].map(({ intake }) => intake);
  expect(intakes).toMatchObject([{ linger: 3 }, { linger: 7 }]);
});
