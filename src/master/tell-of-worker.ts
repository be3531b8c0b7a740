// What the log says of a worker that has booted, or is gone.

import type { LifeWork } from '../dispatch/dispatcher.ts';
import { causeOf } from '../ipc/error-record.ts';
import type { Logger } from '../ops/logger.ts';
import { describeDeath } from './describe-death.ts';
import type { ProcessEnd, WorkerHandle } from './worker-handle.ts';
import type { DeathKind } from './worker-state.ts';

export function tellReady(log: Logger, worker: WorkerHandle, bootMs: number): void {
  const { slot, pid, bootError } = worker;
  log.info(`worker ${slot} (pid ${pid}) is ready`, { bootMs });
  if (bootError === undefined) return;
  const message = `${bootError.message}; until a file changes, this is what is answered`;
  log.error(message, { worker: slot, ...causeOf(bootError) });
}

export interface WorkerDeath {
  kind: DeathKind;
  end: ProcessEnd;
  work: LifeWork;
  /** What is said of the next attempt, where a boot failed. */
  next: string;
}

/** One line: how it ended, and why, as far as we know. @returns the same in short */
export function tellDeath(log: Logger, worker: WorkerHandle, death: WorkerDeath): string {
  const { slot, pid, uptimeMs, reason, bootError } = worker;
  const { kind, end, work, next } = death;
  const text = describeDeath({ slot, pid, end, uptimeMs, now: performance.now(), ...work });
  if (kind === 'expected') log.info(`${text}: ${reason ?? 'stopped'}`);
  else if (kind === 'crash') log.error(text);
  else if (bootError === undefined) log.error(`${text}, before its handler was loaded${next}`);
  else log.error(bootError.message + next, { worker: slot, ...causeOf(bootError) });
  return kind === 'boot-failure' && bootError !== undefined ? bootError.message : text;
}
