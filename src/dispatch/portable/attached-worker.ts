// A worker as the portable dispatcher knows it: its process, what it was given, what it says it does.

import type { ChildProcess } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GenerationCounts } from '../../counts/generation-counts.ts';
import type { RequestCounts } from '../../counts/request-counts.ts';
import {
  bytesOf,
  countBegun,
  countEnd,
  errorsIn,
  KINDS,
  newCounts,
} from '../../counts/request-counts.ts';
import type { EndRecord, MasterMessage, WorkerMessage } from '../../ipc/messages.ts';
import type { WorkerActivity } from '../activity.ts';
import { fromMonotonic } from '../monotonic.ts';
import { HandedConnections } from './handed-connections.ts';
import type { WaitingConnection } from './waiting-queue.ts';

type Report = WorkerMessage & { type: 'activity' };

/** A passed connection that is not begun after this long is asked about, in milliseconds. */
export const CONFIRM_AFTER_MS = 1_000;
/** Longest wait for the end of a dead worker's messages, milliseconds. */
const LAST_MESSAGES_MS = 1_000;

export class AttachedWorker {
  readonly process: ChildProcess;
  readonly handed: HandedConnections = new HandedConnections();
  readonly #generation: number;
  readonly #counts: RequestCounts = newCounts();
  #report: Report = { type: 'activity', bootMs: 0 };

  constructor(process: ChildProcess, generation: number) {
    this.process = process;
    this.#generation = generation;
  }

  /**
   * Passes it a connection. Our own copy stays open until the worker is finished: without it, a
   * connection in flight to a worker that dies would leak and its peer hang for ever. Errors of the
   * channel are not handled here: they mean that the worker is dying, and its exit says so.
   */
  pass(id: number, entry: WaitingConnection): void {
    this.handed.add(id, entry);
    const message: MasterMessage = { type: 'connection', id };
    this.process.send(message, entry.socket, { keepOpen: true }, () => {});
  }

  /** Asks once about every connection that was passed {@link CONFIRM_AFTER_MS} ago and is not begun. */
  askAboutUnbegun(): void {
    for (const id of this.handed.overdue(CONFIRM_AFTER_MS)) {
      const message: MasterMessage = { type: 'confirm', id };
      this.process.send(message, () => {});
    }
  }

  /** Hears what is about itself alone. */
  hear(message: WorkerMessage): void {
    if (message.type === 'begun') {
      if (this.handed.begin(message.id)) countBegun(this.#counts);
    } else if (message.type === 'finished' || message.type === 'counted') this.#count(message.ends);
    else if (message.type === 'closed') this.handed.closeCopy(message.id);
    else if (message.type === 'activity') this.#report = message;
  }

  /** What is counted of it by now: a copy. */
  counted(): GenerationCounts {
    return { generation: this.#generation, counts: this.#counts.slice() };
  }

  /** The request is that of the last report, a second ago at most; one begun since then is not in it. */
  get activity(): WorkerActivity {
    const { bootMs, current } = this.#report;
    const { in: received, out: sent } = bytesOf(this.#counts);
    return {
      generation: this.#generation,
      bootMs,
      served: this.handed.served,
      errors: errorsIn(this.#counts),
      bytesIn: received,
      bytesOut: sent,
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

  #count(ends: readonly EndRecord[]): void {
    for (const [kind, durationMs, received, sent, queuedMs] of ends) {
      // What is no kind of ours would be counted as something else.
      if (kind >= KINDS) continue;
      countEnd(this.#counts, kind, { durationMs, bytesIn: received, bytesOut: sent, queuedMs });
    }
  }
}
