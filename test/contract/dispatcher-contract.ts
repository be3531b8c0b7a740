// What every dispatcher must do, run by each of them with real worker processes.

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { countOver } from '../../src/counts/request-counts.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { ask, asleep, connected, type CreateRig, idle, running, setUp } from './dispatcher-rig.ts';
import { describeDeath, describeEnd } from './dispatcher-trouble-contract.ts';

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
    const next = async (): Promise<string> => {
      await idle(bench);
      return ask(bench.addresses.unix, 'hello');
    };
    const attempt = async (): Promise<boolean> => {
      await idle(bench);
      const holder = connect(bench.addresses.unix);
      holder.write('hold\n');
      await waitFor('the holder', () => running(bench, 0) + running(bench, 1) === 1);
      const other = await ask(bench.addresses.unix, 'hello');
      await waitFor('the other', () => running(bench, 0) + running(bench, 1) === 1);
      await delay(50);
      const answer = once(holder, 'data');
      holder.write('\n');
      const lastIdle = String((await answer)[0]);
      expect(lastIdle).not.toBe(other);
      return (await next()) === lastIdle && (await next()) === lastIdle;
    };
    // A worker that has to wait for a core gives its credit late, so not every attempt can succeed. One
    // that prefers the longest idle never does.
    let successes = 0;
    for (let i = 0; i < 8 && successes < 3; i++) if (await attempt()) successes++;
    expect(successes).toBe(3);
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
    const spread: string[] = [];
    // A worker that has to wait for a core gives its credits late, so not every attempt can succeed.
    const evenly = (): number => spread.filter((numbers) => numbers === '2 and 2').length;
    for (let i = 0; i < 12 && evenly() < 4; i++) {
      await idle(bench);
      const asked = Array.from({ length: 4 }, () => ask(bench.addresses.unix, 'sleep 80'));
      await waitFor('four running', () => running(bench, 0) + running(bench, 1) === 4);
      spread.push(`${running(bench, 0)} and ${running(bench, 1)}`);
      await Promise.all(asked);
    }
    expect(evenly()).toBe(4);
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

  it('serves what came for a credit when one that had left was back first', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    const holder = connect(bench.addresses.unix);
    holder.on('error', () => {}).write('away\n');
    expect(await ask(bench.addresses.unix, 'hello')).toBe('0');
    holder.write('hold\n');
    await waitFor('the holder', () => running(bench, 0) === 1);
    const other = ask(bench.addresses.unix, 'hello');
    // Longer than a connection may stay unread before the dispatcher takes it back.
    await delay(200);
    holder.write('\n');
    expect(await other).toBe('0');
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
    expect(bench.notices).toMatchObject([
      { type: 'peer-refused', address: '127.0.0.1', rule: '--allow' },
    ]);
    expect(bench.dispatcher.counts().refused).toMatchObject({ stranger: 1, queueTimeout: 0 });
  });

  it('closes processes of users that are not allowed at Unix sockets, and says so', async () => {
    const [uid, gid] = [process.geteuid!(), process.getegid!()];
    const bench = await setUp(create, { allowLocal: { uids: [uid + 1], gids: [gid + 1] } });
    await bench.add(0);
    expect(await ask(bench.addresses.unix, 'hello')).toBe('lost');
    expect(await ask(bench.addresses.tcp, 'hello')).toBe('0');
    const address = `process ${process.pid} (uid ${uid}, gid ${gid})`;
    expect(bench.notices).toEqual([
      { type: 'peer-refused', address, rule: '--allow-uid or --allow-gid' },
    ]);
  });

  it.each([
    ['user', { uids: [process.geteuid!()], gids: [] }],
    ['group', { uids: [], gids: [process.getegid!()] }],
  ])('serves processes whose %s is allowed', async (_what, allowLocal) => {
    const bench = await setUp(create, { allowLocal });
    await bench.add(0);
    expect(await ask(bench.addresses.unix, 'hello')).toBe('0');
    expect(bench.notices).toEqual([]);
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

  it('answers 503 with Retry-After when no worker is there for the time of booting', async () => {
    const bench = await setUp(create, { bootTimeout: 100 });
    const answer = await ask(bench.addresses.unix, 'hello');
    expect(answer).toMatch(/^Status: 503 .*\r\nRetry-After: 1\r\n/s);
    expect(bench.notices).toMatchObject([{ type: 'queue-timeout', option: '--boot-timeout' }]);
    const { refused, all } = bench.dispatcher.counts();
    const others = { queueTimeout: 0, queueFull: 0, stopping: 0, stranger: 0, silent: 0 };
    expect(refused).toEqual({ bootTimeout: 1, ...others });
    expect(countOver(all)).toBe(0);
  });

  it('answers 503 with Retry-After when all workers are busy for too long', async () => {
    const bench = await setUp(create, { queueTimeout: 100 });
    await bench.add(0);
    const sleeping = asleep(bench.workers.get(0));
    const first = ask(bench.addresses.unix, 'sleep 700');
    await sleeping;
    const answer = await ask(bench.addresses.unix, 'hello');
    expect(answer).toMatch(/^Status: 503 .*\r\nRetry-After: 1\r\n/s);
    expect(bench.notices).toMatchObject([{ type: 'queue-timeout', option: '--queue-timeout' }]);
    expect(bench.dispatcher.counts().refused).toMatchObject({ queueTimeout: 1, bootTimeout: 0 });
    expect(await first).toBe('0');
  });
}
