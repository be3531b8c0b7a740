// Which workers run a request for longer than it may take, by the scoreboard. Pure but for its memory.

import { REQUEST_GRACE_MS, TELL_OVERDUE_MS } from '../dispatcher.ts';
import type { WorkerBoard } from './worker-board.ts';
import type { RequestLine } from './request-line.ts';

/** How often the board is looked at, at most, milliseconds. */
const LOOK_MS = 250;

const NONE: number[] = [];

export class OverdueWatch {
  readonly #lines: RequestLine[];
  #limitMs = Infinity;
  /** By slot: which request was told of last, by its start, and when. */
  readonly #told: { startedAt: number; at: number }[];
  #nextLook = 0;
  #due: number | undefined;

  /** @param requestTimeout - longest time that a request may take, milliseconds; absent: no limit */
  constructor(board: WorkerBoard, slots: number, requestTimeout: number | undefined) {
    this.#lines = Array.from({ length: slots }, (_, slot) => board.line(slot).request);
    this.#told = this.#lines.map(() => ({ startedAt: 0, at: -Infinity }));
    this.change(requestTimeout);
  }

  /** Another limit holds, for requests that run as well. */
  change(requestTimeout: number | undefined): void {
    this.#limitMs = (requestTimeout ?? Infinity) + REQUEST_GRACE_MS;
    this.#due = undefined;
    this.#nextLook = 0;
  }

  /** When a request that runs will have taken too long; `undefined`: none is known. */
  get due(): number | undefined {
    return this.#due;
  }

  /** Returns the slots of workers to tell of. Comes with every turn: mostly it is not time to look. */
  look(now: number): number[] {
    if (this.#limitMs === Infinity) return NONE;
    if (now < Math.min(this.#nextLook, this.#due ?? Infinity)) return NONE;
    this.#nextLook = now + LOOK_MS;
    this.#due = undefined;
    const overdue: number[] = [];
    for (const [slot, line] of this.#lines.entries()) {
      const { startedAt } = line;
      if (startedAt === undefined) continue;
      const due = this.#dueOf(slot, startedAt);
      if (due > now) this.#due = Math.min(due, this.#due ?? Infinity);
      else {
        this.#told[slot] = { startedAt, at: now };
        overdue.push(slot);
      }
    }
    return overdue;
  }

  #dueOf(slot: number, startedAt: number): number {
    const told = this.#told[slot];
    if (told?.startedAt === startedAt) return told.at + TELL_OVERDUE_MS;
    return startedAt + this.#limitMs;
  }
}
