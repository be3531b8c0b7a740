// What the log says of a worker that has booted, or has not.

import { causeOf } from '../ipc/error-record.ts';
import type { Logger } from '../ops/logger.ts';
import type { WorkerHandle } from './worker-handle.ts';

export function tellReady(log: Logger, worker: WorkerHandle, bootMs: number): void {
  const { slot, pid, bootError } = worker;
  log.info(`worker ${slot} (pid ${pid}) is ready`, { bootMs });
  if (bootError === undefined) return;
  const message = `${bootError.message}; until a file changes, this is what is answered`;
  log.error(message, { worker: slot, ...causeOf(bootError) });
}

/** @param text - how it ended, and what comes next */
export function tellBootFailure(
  log: Logger,
  { slot, bootError }: WorkerHandle,
  text: { end: string; next: string },
): void {
  if (bootError === undefined) log.error(`${text.end}, before its handler was loaded${text.next}`);
  else log.error(bootError.message + text.next, { worker: slot, ...causeOf(bootError) });
}
