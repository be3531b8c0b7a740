// Operations of a server that is none: they take down what they are asked, and answer what the test says.

import type { Operations, ReloadReceipt } from '../../src/ops/operations.ts';
import type { ServerStatus } from '../../src/ops/server-status.ts';

export interface RecordedOperations {
  operations: Operations;
  /** Names and arguments. */
  asked: unknown[][];
  /** Answers the last reload; until then it goes on. */
  finishReload: (receipt: ReloadReceipt) => void;
}

/** A reload that all went well with. */
export const RELOADED: ReloadReceipt = {
  ok: true,
  generation: 1,
  workers: [
    { slot: 0, pid: 10, bootMs: 210.4 },
    { slot: 1, pid: 11, bootMs: 350 },
  ],
  drained: 2,
  killed: 0,
  durationMs: 2_100,
  ignored: [],
};

export function recordOperations(status: ServerStatus): RecordedOperations {
  const asked: unknown[][] = [];
  let finish: ((receipt: ReloadReceipt) => void) | undefined;
  const operations: Operations = {
    status: async () => status,
    metrics: async () => 'up 1\n',
    reload: (onlyCode) => {
      asked.push(['reload', onlyCode]);
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
    stop: (quick) => void asked.push(['stop', quick]),
    scale: async (maxWorkers) => {
      asked.push(['scale', maxWorkers]);
      if (maxWorkers > 0) return { ok: true, maxWorkers };
      return { ok: false, maxWorkers: 2, error: 'expected at least 1' };
    },
    recycle: async (slot) => {
      asked.push(['recycle', slot]);
      const error = 'there is no worker in slot 9';
      if (slot === 9) return { ok: false, recycled: [], durationMs: 0, error };
      return { ok: true, recycled: slot === undefined ? [0, 1] : [slot], durationMs: 1_500 };
    },
    ping: async () => ({ ok: true, durationMs: 1.5, waited: false, slot: 0, pid: 7 }),
  };
  return { operations, asked, finishReload: (receipt) => finish?.(receipt) };
}
