import { describe, expect, it } from 'vitest';
import { ReloadQueue, ReloadRun } from '../../../src/master/reload-run.ts';
import type { ReloadReceipt } from '../../../src/ops/operations.ts';

const WORKER = { slot: 0, pid: 1, bootMs: 2 };

describe('ReloadRun', () => {
  it('keeps account of what came of it', () => {
    const run = new ReloadRun([{ onlyCode: false, reason: 'SIGHUP' }], 1_000);
    run.ignored = ['port'];
    run.ready(WORKER);
    run.left(true);
    run.left(true);
    run.left(false);
    const expected: ReloadReceipt = {
      ok: true,
      generation: 2,
      workers: [WORKER],
      drained: 2,
      killed: 1,
      durationMs: 500,
      ignored: ['port'],
    };
    expect(run.receipt(2, 1_500)).toEqual(expected);
    expect(run.receipt(1, 1_500, 'why')).toMatchObject({ ok: false, generation: 1, error: 'why' });
  });

  it('has had enough after five boots in a row that failed', () => {
    const run = new ReloadRun([], 0);
    const fail = (times: number): boolean[] =>
      Array.from({ length: times }, () => run.bootFailed());
    expect(fail(4)).toEqual([false, false, false, false]);
    run.ready(WORKER);
    expect(fail(5)).toEqual([false, false, false, false, true]);
  });
});

describe('ReloadQueue', () => {
  it('does together, by the next reload, what comes during one', () => {
    const queue = new ReloadQueue();
    const told: string[] = [];
    const add = (reason: string, onlyCode: boolean): void => {
      const done = ({ generation }: ReloadReceipt): void =>
        void told.push(`${reason} ${generation}`);
      queue.add({ reason, onlyCode, done });
    };
    add('a', true);
    expect(queue.next(0)).toMatchObject({ onlyCode: true, reason: 'a' });
    add('b', true);
    add('c', false);
    add('b', true);
    expect(queue.next(1)).toBeUndefined();
    queue.finish(queue.run!.receipt(2, 2));
    expect(told).toEqual(['a 2']);
    expect(queue.next(3)).toMatchObject({ onlyCode: false, reason: 'b, c' });
    queue.finish(queue.run!.receipt(3, 4));
    expect(told).toEqual(['a 2', 'b 3', 'c 3', 'b 3']);
    expect(queue.next(5)).toBeUndefined();
    expect(queue.run).toBeUndefined();
  });
});
