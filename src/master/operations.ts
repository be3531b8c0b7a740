// What an operator may ask of this server, as commands of its master. Each wait has a bound, though the
// master keeps its own: nobody waits for an answer that a mistake of ours has lost.

import { EXIT_OK } from '../exit-codes.ts';
import type {
  Operations,
  PingReceipt,
  RecycleReceipt,
  ReloadReceipt,
  ScaleReceipt,
} from '../ops/operations.ts';
import type { ServerStatus } from '../ops/server-status.ts';
import type { Submit } from './command.ts';

export interface OperationsParts {
  submit: Submit;
  status: () => ServerStatus;
  /** Brings up to date what a status tells. */
  refresh: () => Promise<void>;
  metrics: (status: ServerStatus) => string;
  ping: () => Promise<PingReceipt>;
  /** Longest time in which all workers can be replaced, milliseconds. */
  longestReplacement: () => number;
}

/** As the log names whoever has commanded something. */
const REASON = 'control socket';
/** A change of the maximum is made at once, milliseconds; who asked would not wait for longer than twice that. */
const SCALE_WITHIN_MS = 5_000;

export function createOperations(parts: OperationsParts): Operations {
  const { submit, status, refresh, metrics, ping, longestReplacement } = parts;
  return {
    status: async () => {
      await refresh();
      return status();
    },
    metrics: async () => {
      await refresh();
      return metrics(status());
    },
    ping,
    reload: (onlyCode) =>
      within<ReloadReceipt>(
        longestReplacement(),
        (done) => submit({ type: 'reload', onlyCode, reason: REASON, done }),
        (error) => failedReload(status(), error, longestReplacement()),
      ),
    scale: (to) =>
      within<ScaleReceipt>(
        SCALE_WITHIN_MS,
        (done) => submit({ type: 'scale', to, reason: REASON, done }),
        (error) => ({ ok: false, maxWorkers: status().limits.maxWorkers, error }),
      ),
    recycle: (slot) =>
      within<RecycleReceipt>(
        longestReplacement(),
        (done) => submit({ type: 'recycle', slot, reason: REASON, done }),
        (error) => ({ ok: false, recycled: [], durationMs: longestReplacement(), error }),
      ),
    stop: (quick) => submit({ type: 'stop', quick, reason: REASON, exitCode: EXIT_OK }),
  };
}

function failedReload({ generation }: ServerStatus, error: string, ms: number): ReloadReceipt {
  const nothing = { workers: [], drained: 0, killed: 0, ignored: [] };
  return { ok: false, generation, ...nothing, durationMs: ms, error };
}

/** Asks, and answers in the place of who was asked when its time is over. */
function within<Receipt>(
  limitMs: number,
  ask: (done: (receipt: Receipt) => void) => void,
  otherwise: (error: string) => Receipt,
): Promise<Receipt> {
  return new Promise((resolve) => {
    const seconds = Math.round(limitMs / 1_000);
    const error = `it was not done within ${seconds} s, the longest that it can take; see the log`;
    const timer = setTimeout(() => resolve(otherwise(error)), limitMs);
    timer.unref();
    ask((receipt) => {
      clearTimeout(timer);
      resolve(receipt);
    });
  });
}
