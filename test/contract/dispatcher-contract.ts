// What every dispatcher must do, run by each of them with real worker processes.

import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type {
  DispatchNotice,
  Dispatcher,
  DispatcherEvents,
  WorkerLine,
} from '../../src/dispatch/dispatcher.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';

export interface DispatchOptions {
  concurrency?: number;
  maxQueue?: number;
  queueTimeout?: number;
  /** Networks of TCP peers that are served. */
  allow?: string[];
}

export interface DispatchRig {
  dispatcher: Dispatcher;
  /** One over TCP, one over a Unix socket. */
  addresses: { tcp: PeerAddress; unix: PeerAddress };
  /** Starts a process whose dispatch side belongs to this dispatcher; not attached yet. */
  spawn(slot: number, limits: { descriptors?: number } | undefined, line: WorkerLine): ChildProcess;
}

export type CreateRig = (
  events: DispatcherEvents,
  options: DispatchOptions,
) => Promise<DispatchRig>;

interface Bench extends DispatchRig {
  notices: DispatchNotice[];
  demands: () => number;
  workers: Map<number, ChildProcess>;
  /** Spawns and attaches a worker; resolves when it has given its credits. */
  add(slot: number, limits?: { descriptors?: number }): Promise<ChildProcess>;
  /** Kills the worker and waits until its connections are accounted for. */
  kill(slot: number): Promise<{ served: number; lost: number }>;
}

/** Sends one line and resolves with the whole answer; 'lost' when the connection ends without one. */
function ask(address: PeerAddress, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ ...address, allowHalfOpen: true });
    const bound = setTimeout(() => reject(new Error(`no answer to "${line}"`)), 10_000);
    socket.once('connect', () => socket.write(`${line}\n`));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => {});
    socket.once('end', () => socket.end());
    socket.once('close', () => {
      clearTimeout(bound);
      resolve(answer === '' ? 'lost' : answer);
    });
  });
}

async function setUp(create: CreateRig, options: DispatchOptions = {}): Promise<Bench> {
  const notices: DispatchNotice[] = [];
  const workers = new Map<number, ChildProcess>();
  let demands = 0;
  const events: DispatcherEvents = {
    demand: () => demands++,
    changed: () => {},
    stuck: (slot) => workers.get(slot)?.kill('SIGKILL'),
    notice: (notice) => notices.push(notice),
  };
  const rig = await create(events, options);
  const { dispatcher } = rig;
  onTestFinished(() => {
    dispatcher.close();
    for (const worker of workers.values()) worker.kill('SIGKILL');
  });
  dispatcher.start();
  return {
    ...rig,
    notices,
    workers,
    demands: () => demands,
    add: async (slot, limits) => {
      const worker = rig.spawn(slot, limits, dispatcher.prepare(slot));
      workers.set(slot, worker);
      const ready = new Promise((resolve) => worker.once('message', resolve));
      dispatcher.attach(slot, worker);
      await ready;
      await waitFor('the credits', () => dispatcher.load(slot)?.idleSince !== undefined);
      return worker;
    },
    kill: async (slot) => {
      const worker = workers.get(slot);
      const gone = new Promise((resolve) => worker?.once('exit', resolve));
      worker?.kill('SIGKILL');
      await gone;
      return dispatcher.detach(slot);
    },
  };
}

const running = (bench: Bench, slot: number): number => bench.dispatcher.load(slot)?.running ?? 0;

export function describeDispatcher(name: string, create: CreateRig): void {
  describe(`the ${name} dispatcher`, () => {
    describePassing(create);
    describeQueue(create);
    describeDeath(create);
    describeEnd(create);
  });
}

function describePassing(create: CreateRig): void {
  it.each(['tcp', 'unix'] as const)('passes connections over %s', async (kind) => {
    const bench = await setUp(create);
    await bench.add(0);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(bench.addresses[kind], 'hello')),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, () => '0'));
    await waitFor('the credits', () => bench.dispatcher.load(0)?.served === 20);
  });

  it('delivers what a peer sent before it closed its side', async () => {
    const bench = await setUp(create);
    const socket = connect({ ...bench.addresses.unix, allowHalfOpen: true });
    socket.end('hello\n');
    await waitFor('the connection to wait', bench.demands);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    await bench.add(0);
    await waitFor('the answer', () => answer === '0');
  });

  it('prefers the worker that became idle last', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    await bench.add(1);
    const slow = ask(bench.addresses.unix, 'sleep 60');
    await waitFor('the slow request', () => running(bench, 0) + running(bench, 1) === 1);
    const lastIdle = running(bench, 0) === 1 ? '0' : '1';
    expect(await ask(bench.addresses.unix, 'hello')).not.toBe(lastIdle);
    expect(await slow).toBe(lastIdle);
    for (let i = 0; i < 5; i++) {
      // The answer is out a moment before the credit is back.
      await waitFor('the credits', () => running(bench, 0) + running(bench, 1) === 0);
      // And a credit lingers on its way, which nobody can see; its worker may have to wait for a core.
      await delay(100);
      expect(await ask(bench.addresses.unix, 'hello')).toBe(lastIdle);
    }
  });

  it('never gives a worker more connections than it has credits', async () => {
    const bench = await setUp(create, { concurrency: 1 });
    await bench.add(0);
    await Promise.all(Array.from({ length: 10 }, () => ask(bench.addresses.unix, 'sleep 5')));
    expect(await ask(bench.addresses.unix, 'peak')).toBe('1');
  });

  it('gives a worker with several credits as many connections at once', async () => {
    const bench = await setUp(create, { concurrency: 3 });
    await bench.add(0);
    await Promise.all(Array.from({ length: 9 }, () => ask(bench.addresses.unix, 'sleep 30')));
    expect(await ask(bench.addresses.unix, 'peak')).toBe('3');
  });

  it('spreads connections over workers that have several credits each', async () => {
    const bench = await setUp(create, { concurrency: 3 });
    await bench.add(0);
    await bench.add(1);
    const asked = Promise.all(
      Array.from({ length: 4 }, () => ask(bench.addresses.unix, 'sleep 80')),
    );
    await waitFor('four running', () => running(bench, 0) + running(bench, 1) === 4);
    expect([running(bench, 0), running(bench, 1)]).toEqual([2, 2]);
    await asked;
  });

  it('gives the place of a connection that left it to another, until that one is done', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    const slow = connect(bench.addresses.unix);
    let answer = '';
    slow.on('data', (chunk) => (answer += chunk.toString())).write('away\n');
    for (let i = 0; i < 3; i++) expect(await ask(bench.addresses.unix, 'hello')).toBe('0');
    expect(answer).toBe('');
    const busy = ask(bench.addresses.unix, 'sleep 200');
    await waitFor('the other', () => running(bench, 0) > 0);
    slow.write('hello\n');
    expect(await busy).toBe('0');
    await waitFor('the answer', () => answer === '0');
    expect(await ask(bench.addresses.unix, 'peak')).toBe('1');
    await waitFor('the credits', () => bench.dispatcher.load(0)?.served === 6);
    expect(running(bench, 0)).toBe(0);
  });

  it('takes no more than its places hold when connections that had left come back', async () => {
    const bench = await setUp(create, { concurrency: 2 });
    await bench.add(0);
    const sockets = Array.from({ length: 20 }, () => connect(bench.addresses.unix));
    const answers: string[] = [];
    for (const socket of sockets) {
      socket.on('data', (chunk) => answers.push(chunk.toString())).write('away\n');
    }
    expect(await ask(bench.addresses.unix, 'hello')).toBe('0');
    for (const socket of sockets) socket.write('sleep 5\n');
    const others = Array.from({ length: 20 }, () => ask(bench.addresses.unix, 'sleep 5'));
    expect(new Set(await Promise.all(others))).toEqual(new Set(['0']));
    await waitFor('all answers', () => answers.length === 20);
    expect(await ask(bench.addresses.unix, 'peak')).toBe('2');
    await waitFor('the credits', () => bench.dispatcher.load(0)?.served === 42);
  });

  it('closes peers that are not allowed, and says so', async () => {
    const bench = await setUp(create, { allow: ['10.0.0.0/8'] });
    await bench.add(0);
    expect(await ask(bench.addresses.tcp, 'hello')).toBe('lost');
    expect(await ask(bench.addresses.unix, 'hello')).toBe('0');
    expect(bench.notices).toMatchObject([{ type: 'peer-refused', address: '127.0.0.1' }]);
  });
}

function describeQueue(create: CreateRig): void {
  it('asks for a worker when a connection waits and nobody is idle, not before', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    await ask(bench.addresses.unix, 'hello');
    expect(bench.demands()).toBe(0);
    const sleeping = asleep(bench.workers.get(0));
    const asked = [ask(bench.addresses.unix, 'sleep 200')];
    await sleeping;
    asked.push(ask(bench.addresses.unix, 'hello'));
    await waitFor('the demand', bench.demands);
    await Promise.all(asked);
  });

  it('lets connections wait in their order', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    const sleeping = asleep(bench.workers.get(0));
    const asked: Promise<string>[] = [ask(bench.addresses.unix, 'sleep 100')];
    await sleeping;
    for (let i = 0; i < 5; i++) {
      const { established, answer } = connected(bench.addresses.unix, 'turn');
      asked.push(answer);
      await established;
    }
    // The worker counts: answers may be read in another order than they were given.
    expect(await Promise.all(asked)).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('answers 503 with Retry-After to what no worker takes in time', async () => {
    const bench = await setUp(create, { queueTimeout: 100 });
    const answer = await ask(bench.addresses.unix, 'hello');
    expect(answer).toMatch(/^Status: 503 .*\r\nRetry-After: 1\r\n/s);
    expect(bench.notices).toMatchObject([{ type: 'queue-timeout' }]);
  });
}

function describeDeath(create: CreateRig): void {
  it('passes connections that a dead worker had not begun to another', async () => {
    const bench = await setUp(create);
    const worker = await bench.add(0);
    worker.kill('SIGSTOP');
    const asked = ask(bench.addresses.unix, 'hello');
    // A dispatcher may take back what the worker does not come for.
    await waitFor('the passing', () => running(bench, 0) === 1 || bench.demands() > 0);
    await bench.add(1);
    expect(await bench.kill(0)).toEqual({ served: 0, lost: 0 });
    expect(await asked).toBe('1');
  });

  it('does not repeat what a dead worker had begun', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    expect(await ask(bench.addresses.unix, 'hello')).toBe('0');
    const sleeping = asleep(bench.workers.get(0));
    const asked = ask(bench.addresses.unix, 'sleep 5000');
    await sleeping;
    await bench.add(1);
    expect(await bench.kill(0)).toEqual({ served: 1, lost: 1 });
    expect(await asked).toBe('lost');
    expect(await ask(bench.addresses.unix, 'hello')).toBe('1');
  });

  it('serves on while workers are killed one after the other', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    let lost = 0;
    let answered = 0;
    for (let slot = 1; slot <= 8; slot++) {
      const asked = Array.from({ length: 10 }, () => ask(bench.addresses.unix, 'hello'));
      await bench.add(slot);
      lost += (await bench.kill(slot - 1)).lost;
      const answers = await Promise.all(asked);
      answered += answers.filter((answer) => /^\d$/.test(answer)).length;
    }
    expect(lost).toBeLessThanOrEqual(8);
    // A worker that is killed between its answer and the word of it counts as one that was lost.
    expect(answered).toBeGreaterThanOrEqual(80 - lost);
  });

  it('loses no connection when a worker has no descriptors left', async () => {
    const bench = await setUp(create);
    await bench.add(0, { descriptors: 40 });
    expect(await ask(bench.addresses.unix, 'exhaust')).toBe('exhausted');
    await waitFor('the credit', () => running(bench, 0) === 0);
    // It may have kept room for one, and goes on then.
    let areAnswered = false;
    const answers = Promise.all([
      ask(bench.addresses.unix, 'hello'),
      ask(bench.addresses.unix, 'hello'),
    ]);
    void answers.then(() => (areAnswered = true));
    await waitFor('answers or a notice', () => areAnswered || bench.notices.length > 0);
    const types = bench.notices.map(({ type }) => type).join();
    expect(types).toMatch(/^(connection-missing|worker-exhausted)?$/);
    await bench.add(1);
    expect((await answers).join()).toMatch(/^[01],[01]$/);
  });
}

/** Resolves when the worker sleeps over a request; what it said of it before has been read by then. */
async function asleep(worker: ChildProcess | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const heard = ({ type }: { type: string }): void => {
      if (type !== 'sleeping') return;
      worker?.off('message', heard);
      resolve();
    };
    worker?.on('message', heard);
  });
}

function describeEnd(create: CreateRig): void {
  it('gives nothing more to a worker that is withdrawn, and lets it finish', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    const asked = ask(bench.addresses.unix, 'sleep 100');
    await waitFor('the request', () => running(bench, 0) === 1);
    await bench.dispatcher.withdraw(0);
    const next = ask(bench.addresses.unix, 'hello');
    expect(await asked).toBe('0');
    await waitFor('the return', () => running(bench, 0) === 0);
    await waitFor('the next to wait', () => bench.demands() > 0);
    await bench.add(1);
    expect(await next).toBe('1');
  });

  it.each(['tcp', 'unix'] as const)('serves the backlog of %s before it closes', async (kind) => {
    const bench = await setUp(create);
    await bench.add(0);
    const asked = Array.from({ length: 60 }, () => connected(bench.addresses[kind]));
    const answers = asked.map(({ answer }) => answer);
    await Promise.all(asked.map(({ established }) => established));
    await bench.dispatcher.stopAccepting();
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 60 }, () => '0'));
    await expect(connected(bench.addresses[kind]).established).rejects.toThrow(
      /ECONNREFUSED|ENOENT/,
    );
  });

  it('answers 503 to what waits when it is told to', async () => {
    const bench = await setUp(create);
    const asked = ask(bench.addresses.tcp, 'hello');
    await waitFor('the connection to wait', bench.demands);
    await bench.dispatcher.stopAccepting();
    bench.dispatcher.refuseWaiting();
    expect(await asked).toMatch(/^Status: 503 /);
  });
}

function connected(
  address: PeerAddress,
  line: string = 'hello',
): { established: Promise<void>; answer: Promise<string> } {
  const socket = connect({ ...address, allowHalfOpen: true });
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.once('end', () => socket.end());
  const established = new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve()).once('error', reject);
  });
  const answer = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  socket.write(`${line}\n`);
  return { established, answer };
}
