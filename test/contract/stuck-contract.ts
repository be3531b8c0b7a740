// What every dispatcher does about workers that are stuck outside of any request: it tells of them. The rig
// kills them then.

import { describe, expect, it } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import { ask, type Bench, type CreateRig, running, setUp } from './dispatcher-rig.ts';

const LIMIT_MS = 800;

const freeze = async (bench: Bench): Promise<void> => {
  const frozen = new Promise<void>((resolve) => {
    bench.workers.get(0)?.on('message', ({ type }: { type: string }) => {
      if (type === 'sleeping') resolve();
    });
  });
  expect(await ask(bench.addresses.unix, 'freeze')).toBe('0');
  await frozen;
};

const stop = (bench: Bench): Promise<void> => {
  bench.workers.get(0)?.kill('SIGSTOP');
  return Promise.resolve();
};

export function describeStuck(name: string, create: CreateRig): void {
  describe(`workers without a request under the ${name} dispatcher`, () => {
    it.each([
      ['stuck', freeze],
      ['stopped', stop],
    ])('are told of when they are %s and something was passed to them', async (_how, end) => {
      const bench = await setUp(create, { queueTimeout: LIMIT_MS });
      const worker = await bench.add(0);
      const gone = new Promise((resolve) => worker.once('exit', resolve));
      await end(bench);
      const asked = ask(bench.addresses.unix, 'hello');
      await gone;
      expect(bench.stuck).toEqual(new Set([0]));
      expect(await bench.dispatcher.detach(0)).toMatchObject({ lost: 0 });
      await bench.add(1);
      // It may have waited for too long by then.
      expect(await asked).toMatch(/^(1$|Status: 503 )/);
      expect(await ask(bench.addresses.unix, 'hello')).toBe('1');
    });

    it('are none while a request keeps them, however long', async () => {
      const bench = await setUp(create, { queueTimeout: LIMIT_MS, concurrency: 2 });
      await bench.add(0);
      const slow = ask(bench.addresses.unix, `block ${2 * LIMIT_MS}`);
      await waitFor('the request', () => running(bench, 0) === 1);
      const asked = ask(bench.addresses.unix, 'hello');
      expect(await slow).toBe('0');
      expect(await asked).toMatch(/^(0$|Status: 503 )/);
      expect(bench.stuck).toEqual(new Set());
    });
  });
}
