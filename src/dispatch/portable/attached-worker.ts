// A worker as the portable dispatcher knows it: its process, what it was given, what it says it does.

import type { ChildProcess } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WorkerMessage } from '../../ipc/messages.ts';
import type { WorkerActivity } from '../activity.ts';
import { fromMonotonic } from '../monotonic.ts';
import { HandedConnections } from './handed-connections.ts';

type Report = WorkerMessage & { type: 'activity' };

/** Longest wait for the end of a dead worker's messages, milliseconds. */
const LAST_MESSAGES_MS = 1_000;

export class AttachedWorker {
  readonly process: ChildProcess;
  readonly handed: HandedConnections = new HandedConnections();
  readonly #generation: number;
  #report: Report = { type: 'activity', bootMs: 0, errors: 0, bytesIn: 0, bytesOut: 0 };

  constructor(process: ChildProcess, generation: number) {
    this.process = process;
    this.#generation = generation;
  }

  reported(report: Report): void {
    this.#report = report;
  }

  /** As it was at the last report, a second ago at most; what it had begun since then is not in it. */
  get activity(): WorkerActivity {
    const { bootMs, errors, bytesIn, bytesOut, current } = this.#report;
    return {
      generation: this.#generation,
      bootMs,
      served: this.handed.served,
      errors,
      bytesIn,
      bytesOut,
      current: current && { ...current, startedAt: fromMonotonic(current.startedAt) },
    };
  }

  /**
   * Waits until everything that a dead worker had sent was read. Its exit is often known first, and a
   * connection whose `begun` is still unread must not be served twice. `connected` falls at the end of
   * the channel; 'disconnect' is no sign of it, since it never fires while a passed socket is unconfirmed.
   */
  async lastMessages(): Promise<void> {
    const deadline = performance.now() + LAST_MESSAGES_MS;
    while (this.process.connected && performance.now() < deadline) await nextTurn();
    // The messages read last are emitted in this turn's ticks.
    await nextTurn();
  }
}
