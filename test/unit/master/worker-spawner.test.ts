import { expect, it } from 'vitest';
import type { Dispatcher } from '../../../src/dispatch/dispatcher.ts';
import { WorkerSpawner } from '../../../src/master/worker-spawner.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, access: () => {} };

it('has a worker linger as the settings of its own generation say', () => {
  const prepared: unknown[] = [];
  const dispatcher = {
    prepare: (...asked: unknown[]) => {
      prepared.push(asked);
      throw new Error('that is all that is tested');
    },
  } as unknown as Dispatcher;
  const spawner = new WorkerSpawner({ dispatcher, log, submit: () => {} });
  for (const [generation, linger] of [
    [1, 2],
    [2, 7],
  ] as const) {
    const settings = { linger } as Parameters<typeof spawner.spawn>[1];
    expect(() => spawner.spawn({ slot: 4, generation }, settings)).toThrow('all that is tested');
  }
  expect(prepared).toEqual([
    [4, 1, 2],
    [4, 2, 7],
  ]);
});
