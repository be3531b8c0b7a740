import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Command } from '../../../src/master/command.ts';
import { createOperations } from '../../../src/master/operations.ts';
import { serverStatus } from '../ops/situations.ts';

const LONGEST_MS = 90_000;

function setUp() {
  const commands: Command[] = [];
  const operations = createOperations({
    submit: (command) => void commands.push(command),
    status: () => serverStatus({ generation: 4 }),
    refresh: () => Promise.resolve(),
    metrics: ({ generation }) => `generation ${generation}\n`,
    ping: async () => ({ ok: true, durationMs: 1, waited: false }),
    longestReplacement: () => LONGEST_MS,
  });
  return { commands, operations };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('operations', () => {
  it('become commands of the master, and its receipts the answers', async () => {
    const { commands, operations } = setUp();
    const scaled = operations.scale(7);
    const [command] = commands;
    if (command?.type !== 'scale') throw new Error(`it was ${command?.type}`);
    expect([command.to, command.reason]).toEqual([7, 'control socket']);
    command.done?.({ ok: true, maxWorkers: 7 });
    expect(await scaled).toEqual({ ok: true, maxWorkers: 7 });
    operations.stop(true);
    expect(commands[1]).toEqual({
      type: 'stop',
      quick: true,
      reason: 'control socket',
      exitCode: 0,
    });
    expect(await operations.metrics()).toBe('generation 4\n');
  });

  it.each(['reload', 'recycle'] as const)('never wait for ever: %s', async (name) => {
    const { operations } = setUp();
    const answer = name === 'reload' ? operations.reload(false) : operations.recycle(undefined);
    await vi.advanceTimersByTimeAsync(LONGEST_MS - 1);
    const state = await Promise.race([answer, Promise.resolve('waiting')]);
    expect(state).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    const { ok, error } = await answer;
    expect([ok, error]).toEqual([false, expect.stringContaining('not done within 90 s') as string]);
  });
});
