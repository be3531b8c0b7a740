// Workers that do not respond: what they keep others from is answered, and they are killed.

import type { Dispatcher, OverdueRequest } from '../dispatch/dispatcher.ts';
import type { Config } from '../config/config.ts';
import { formatDuration } from '../config/units.ts';
import type { Logger } from '../ops/logger.ts';
import { describeOverdue } from './describe-overdue.ts';
import type { WorkerHandle } from './worker-handle.ts';
import type { WorkerSlots } from './worker-slots.ts';

export interface StuckParts {
  workers: WorkerSlots;
  dispatcher: Pick<Dispatcher, 'withdraw' | 'answerOverdue' | 'endAnswers'>;
  log: Logger;
  /** In force. */
  settings: { readonly config: Pick<Config, 'requestTimeout' | 'queueTimeout'> };
}

interface Suspect {
  worker: WorkerHandle;
  timer: NodeJS.Timeout;
  /** It did not answer: it is stuck. */
  isSilent: boolean;
}

/** A worker whose event loop turns answers within this time, milliseconds. */
const ANSWERS_WITHIN_MS = 250;
/** Time for a stuck worker to come back, milliseconds. */
const KILL_AFTER_MS = 5_000;

/**
 * A request that is over its time is its worker's business as long as that responds. One that does not is
 * caught in a loop, or in a call that blocks: its own clocks do not run.
 */
export class StuckWorkers {
  readonly #parts: StuckParts;
  readonly #suspects = new Map<number, Suspect>();

  constructor(parts: StuckParts) {
    this.#parts = parts;
  }

  /** Ends a worker that is stopped, or stuck outside of any request: its connections go to others. */
  killUnbegun(slot: number): void {
    const { workers, dispatcher, log, settings } = this.#parts;
    const worker = workers.at(slot);
    // One that rests takes nothing more; of one that was killed there is nothing more to tell.
    if (worker?.state !== 'ready' || worker.worn?.isResting === true || worker.wasStuck) return;
    const limit = `--queue-timeout (${formatDuration(settings.config.queueTimeout)})`;
    log.error(`worker ${slot} has not begun a connection within ${limit}: killed`);
    void dispatcher.withdraw(slot);
    worker.killStuck();
  }

  /** A request of that worker is over its time: asks the worker whether it responds. */
  overdue(slot: number): void {
    const worker = this.#parts.workers.at(slot);
    if (worker === undefined) return;
    const known = this.#suspects.get(slot);
    if (known?.worker === worker) {
      if (known.isSilent) void this.#answer(known);
      return;
    }
    const timer = setTimeout(() => this.#isSilent(suspect), ANSWERS_WITHIN_MS).unref();
    const suspect: Suspect = { worker, timer, isSilent: false };
    this.#suspects.set(slot, suspect);
    worker.send({ type: 'are-you-there' });
  }

  /** The worker says that it responds. */
  responded(worker: WorkerHandle): void {
    const suspect = this.#suspects.get(worker.slot);
    if (suspect?.worker !== worker) return;
    clearTimeout(suspect.timer);
    this.#suspects.delete(worker.slot);
    if (suspect.isSilent) this.#parts.log.info(`worker ${worker.slot} responds again`);
  }

  #isSilent(suspect: Suspect): void {
    suspect.isSilent = true;
    suspect.timer = setTimeout(() => this.#kill(suspect), KILL_AFTER_MS).unref();
    void this.#answer(suspect);
  }

  async #answer(suspect: Suspect): Promise<void> {
    const { slot, process: child } = suspect.worker;
    // Its number may be another's by now.
    if (child.exitCode !== null || child.signalCode !== null) return;
    for (const overdue of await this.#parts.dispatcher.answerOverdue(slot)) {
      // It was the last moment for the worker, or it has begun to answer: nothing was done.
      if (overdue.answer === 'head-sent') continue;
      this.#tell(suspect.worker, overdue);
    }
  }

  #tell({ slot, pid }: WorkerHandle, overdue: OverdueRequest): void {
    const limit = this.#parts.settings.config.requestTimeout ?? 0;
    const message = describeOverdue(overdue, { limit, worker: `worker ${slot} (pid ${pid})` });
    const ms = Math.round(overdue.ageMs);
    const status = overdue.answer === 'answered' ? { status: 504 } : {};
    this.#parts.log.warn(message, { worker: slot, request: overdue.request?.id, ...status, ms });
  }

  #kill(suspect: Suspect): void {
    const { worker } = suspect;
    const { slot, pid } = worker;
    // The slot may have another worker by now, and that may be a suspect.
    if (this.#suspects.get(slot) === suspect) this.#suspects.delete(slot);
    const { log, workers, dispatcher } = this.#parts;
    if (workers.at(slot) !== worker) return;
    const seconds = KILL_AFTER_MS / 1_000;
    log.error(
      `worker ${slot} (pid ${pid}) does not respond, ${seconds} s after --request-timeout: killed`,
    );
    const end = (): void => {
      if (workers.at(slot) === worker) worker.killStuck();
    };
    // Whatever comes of its answers.
    void dispatcher.endAnswers(slot).then(end, end);
  }
}
