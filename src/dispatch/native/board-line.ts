// A worker's line of the scoreboard in shared memory: written by the worker, read by the master.

import type { GenerationCounts } from '../../counts/generation-counts.ts';
import type { CountedEnd, RequestCounts } from '../../counts/request-counts.ts';
import {
  bytesOf,
  countBegun,
  countEnd,
  COUNTS_LENGTH,
  errorsIn,
  uncountBegun,
} from '../../counts/request-counts.ts';
import type { ActivityLine, RunningRequest, WorkerActivity } from '../activity.ts';
import { COUNTS_OFFSET, REQUEST_OFFSET, SLOT_BYTES, WORKER_OFFSET } from './board-layout.ts';
import { RequestLine } from './request-line.ts';

/** A word of 32 bits. */
const GENERATION = 0;
/** A double, counted in doubles: behind the word. */
const BOOT_MS = 1;

export class BoardLine implements ActivityLine {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly request: RequestLine;
  readonly #counts: RequestCounts;

  constructor(memory: ArrayBuffer, slot: number) {
    const offset = slot * SLOT_BYTES;
    this.#words = new Int32Array(memory, offset + WORKER_OFFSET, GENERATION + 1);
    this.#doubles = new Float64Array(memory, offset + WORKER_OFFSET, BOOT_MS + 1);
    this.request = new RequestLine(memory, offset + REQUEST_OFFSET);
    this.#counts = new Float64Array(memory, offset + COUNTS_OFFSET, COUNTS_LENGTH);
  }

  setGeneration(generation: number): void {
    this.#words[GENERATION] = generation;
  }

  booted(bootMs: number): void {
    this.#doubles[BOOT_MS] = bootMs;
  }

  /** The worker has another connection, as soon as it is its own: what is not counted later is lost with it. */
  begun(): void {
    countBegun(this.#counts);
  }

  /** It goes back, untouched. */
  sentBack(): void {
    uncountBegun(this.#counts);
  }

  show(request: RunningRequest): void {
    this.request.show(request);
  }

  headSent(): void {
    this.request.headSent();
  }

  clear(): void {
    this.request.clear();
  }

  count(kind: number, end: CountedEnd): void {
    countEnd(this.#counts, kind, end);
  }

  /** What it has counted by now: a copy. Each number is whole; between two of them a request may have ended. */
  counted(): GenerationCounts {
    return { generation: this.#words[GENERATION] ?? 0, counts: this.#counts.slice() };
  }

  /** What the line says now. */
  read(): Omit<WorkerActivity, 'served'> {
    const { in: received, out: sent } = bytesOf(this.#counts);
    return {
      generation: this.#words[GENERATION] ?? 0,
      bootMs: this.#doubles[BOOT_MS] ?? 0,
      errors: errorsIn(this.#counts),
      bytesIn: received,
      bytesOut: sent,
      current: this.request.read(),
    };
  }
}
