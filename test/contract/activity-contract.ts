// What every dispatcher knows of the requests that its workers run.

import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allDurations, pairsIn } from '../../src/counts/request-counts.ts';
import type { RunningRequest, WorkerActivity } from '../../src/dispatch/activity.ts';
import { GROW_AFTER_MS } from '../../src/dispatch/dispatcher.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Bench, CreateRig } from './dispatcher-rig.ts';
import { ask, setUp } from './dispatcher-rig.ts';

/** Begins a request that runs until the connection is ended. */
function work(bench: Bench, uri: string): Socket {
  const socket = connect({ ...bench.addresses.unix, allowHalfOpen: true });
  socket.on('error', () => {}).resume();
  socket.write(`work GET ${uri}\n`);
  onTestFinished(() => void socket.destroy());
  return socket;
}

const activity = (bench: Bench): WorkerActivity | undefined => bench.dispatcher.activity(0);

function shown(bench: Bench, uri: string): Promise<RunningRequest> {
  return waitFor(`${uri} on the scoreboard`, () => {
    const current = activity(bench)?.current;
    return current?.uri === uri ? current : undefined;
  });
}

export function describeActivity(name: string, create: CreateRig): void {
  describe(`the scoreboard of the ${name} dispatcher`, () => {
    it('shows the request that a worker runs, until it is over', async () => {
      const bench = await setUp(create);
      expect(activity(bench)).toBeUndefined();
      const before = performance.now();
      await bench.add(0);
      const socket = work(bench, '/report?a=\xe9');
      const current = await shown(bench, '/report?a=\xe9');
      expect(current).toEqual({
        method: 'GET',
        uri: '/report?a=\xe9',
        startedAt: expect.any(Number),
        headSent: false,
        fd: 42,
      });
      expect(current.startedAt).toBeGreaterThan(before);
      expect(current.startedAt).toBeLessThan(performance.now());
      socket.write('head\n');
      await waitFor('the head', () => activity(bench)?.current?.headSent);
      socket.end();
      await waitFor('the end', () => activity(bench)?.current === undefined);
      await waitFor('the credit', () => bench.dispatcher.load(0)?.running === 0);
    });

    it('counts what a worker has done', async () => {
      const bench = await setUp(create);
      await bench.add(0, undefined, 7);
      for (const uri of ['/a', '/b']) {
        const socket = work(bench, uri);
        socket.end();
        await new Promise((resolve) => socket.once('close', resolve));
      }
      const done = await waitFor('the count', () => {
        const now = activity(bench);
        return now?.errors === 2 && now.served === 2 ? now : undefined;
      });
      expect(done).toEqual({
        generation: 7,
        bootMs: 1234,
        served: 2,
        errors: 2,
        bytesIn: 6,
        bytesOut: 2e10,
        current: undefined,
      });
    });

    it('counts what became of every connection, by generation, workers that are gone included', async () => {
      const bench = await setUp(create);
      for (const generation of [1, 2]) {
        await bench.add(0, undefined, generation);
        expect(await ask(bench.addresses.unix, 'hello')).toBe('0');
        const socket = work(bench, '/fails');
        await shown(bench, '/fails');
        socket.end();
        await waitFor('the end', () => bench.dispatcher.load(0)?.served === 2);
        work(bench, '/dies');
        await shown(bench, '/dies');
        const { lost } = await bench.kill(0);
        expect(lost).toBe(1);
      }
      const each = [
        { outcome: 'answered', status: 'none', count: 1 },
        { outcome: 'answered', status: '5xx', count: 1 },
        { outcome: 'killed', status: 'none', count: 1 },
      ];
      const { all, generations } = bench.dispatcher.counts();
      const told = generations.map(({ generation, counts }) => [generation, pairsIn(counts)]);
      expect(told).toEqual([
        [1, each],
        [2, each],
      ]);
      expect(pairsIn(all)).toEqual(each.map((pair) => ({ ...pair, count: 2 })));
      // Only the requests: what was said otherwise has no header block.
      const [sum = 0, ...buckets] = allDurations(all);
      expect(buckets.reduce((a, b) => a + b)).toBe(2);
      expect(sum).toBeGreaterThan(0);
    });

    it('tells how long it has held connections', async () => {
      const bench = await setUp(create);
      const asked = ask(bench.addresses.unix, 'hello');
      await waitFor('the connection to wait', bench.demands);
      await bench.add(0);
      await asked;
      const [sum = 0, ...buckets] = bench.dispatcher.counts().waits;
      expect(buckets.reduce((a, b) => a + b)).toBe(1);
      // The native dispatcher leaves it to the kernel until a worker can take it.
      expect(sum).toBeGreaterThanOrEqual(name === 'portable' ? GROW_AFTER_MS : 0);
    });

    it('shows the oldest of several requests', async () => {
      const bench = await setUp(create, { concurrency: 3 });
      await bench.add(0);
      const one = work(bench, '/1');
      await shown(bench, '/1');
      const sockets = [work(bench, '/2'), work(bench, '/3')];
      await waitFor('all three', () => bench.dispatcher.load(0)?.running === 3);
      expect(activity(bench)?.current?.uri).toBe('/1');
      one.end();
      const next = await waitFor('the next', () => {
        const current = activity(bench)?.current;
        return current?.uri === '/1' ? undefined : current;
      });
      expect(['/2', '/3']).toContain(next.uri);
      for (const socket of sockets) socket.end();
      await waitFor('the end', () => activity(bench)?.current === undefined);
    });

    it('names the request that died with its worker, and none that was over', async () => {
      const bench = await setUp(create);
      await bench.add(0);
      const over = work(bench, '/over');
      await shown(bench, '/over');
      over.end();
      await waitFor('the end', () => bench.dispatcher.load(0)?.served === 1);
      expect(await bench.kill(0)).toEqual({ served: 1, lost: 0 });

      await bench.add(0);
      expect(activity(bench)).toMatchObject({ served: 0, errors: 0, bytesIn: 0 });
      work(bench, '/dies');
      await shown(bench, '/dies');
      const loss = await bench.kill(0);
      expect(loss).toMatchObject({ served: 0, lost: 1, current: { uri: '/dies' } });
    });
  });
}
