// Starts a worker for a slot, and has everything that it says and does reach the master.

import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { WorkerSettings } from '../ipc/messages.ts';
import type { Logger } from '../ops/logger.ts';
import type { Submit } from './command.ts';
import { forwardPrints, PRINT_MARK } from './forward-prints.ts';
import { hearWatchdog } from './hear-watchdog.ts';
import type { SpawnOptions } from './spawn-worker.ts';
import { spawnWorker } from './spawn-worker.ts';
import { WorkerHandle } from './worker-handle.ts';

/** What workers are started with. */
export interface WorkerOptions {
  worker: Omit<WorkerSettings, 'slot' | 'intake'>;
  spawn: Omit<SpawnOptions, 'settings' | 'descriptors' | 'printMark'>;
  /** How long a worker that has just finished waits for the next connection itself, milliseconds. */
  linger: number;
}

/** A worker's place in the pool. */
export interface WorkerPlace {
  slot: number;
  generation: number;
}

export interface SpawnerParts {
  dispatcher: Dispatcher;
  log: Logger;
  submit: Submit;
}

export class WorkerSpawner {
  readonly #parts: SpawnerParts;

  constructor(parts: SpawnerParts) {
    this.#parts = parts;
  }

  /**
   * Most failures to start a process come as its end; some, such as E2BIG, are thrown.
   *
   * @throws what `spawn` throws at once
   */
  spawn(
    { slot, generation }: WorkerPlace,
    { worker: settings, spawn, linger }: WorkerOptions,
  ): WorkerHandle {
    const { dispatcher, log } = this.#parts;
    const { descriptors, intake } = dispatcher.prepare(slot, generation, linger);
    const child = spawnWorker({
      ...spawn,
      printMark: PRINT_MARK,
      descriptors,
      settings: { ...settings, slot, intake },
    });
    const worker = new WorkerHandle(slot, child, generation);
    worker.gracefulTimeout = settings.gracefulTimeout;
    dispatcher.attach(slot, child);
    forwardPrints(child, slot, log);
    hearWatchdog(child, (line, fields) => log.warn(line, { worker: slot, ...fields }));
    this.#listen(worker);
    log.debug(`worker ${slot} (pid ${child.pid ?? 'none'}) was spawned`);
    return worker;
  }

  #listen(worker: WorkerHandle): void {
    const { log, submit } = this.#parts;
    worker.onEnd((end) => submit({ type: 'worker-ended', worker, end }));
    worker.onMessage((message) => {
      if (message !== undefined) submit({ type: 'worker-message', worker, message });
      else log.warn(`worker ${worker.slot} sent a message that is none of this server: ignored`);
    });
    worker.onDeaf(() => submit({ type: 'worker-deaf', worker }));
  }
}
