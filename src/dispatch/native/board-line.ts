// A worker's line of the scoreboard in shared memory: written by the worker, read by the master.

import type { ActivityLine, RunningRequest, WorkerActivity } from '../activity.ts';
import { REQUEST_OFFSET, SLOT_BYTES, TOTALS_OFFSET } from './board-layout.ts';
import { RequestLine } from './request-line.ts';

/** Words of 32 bits. */
const GENERATION = 0;
const ERRORS = 1;
/** Doubles, counted in doubles: behind the words. */
const BOOT_MS = 1;
const BYTES_IN = 2;
const BYTES_OUT = 3;

export class BoardLine implements ActivityLine {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly request: RequestLine;

  constructor(memory: ArrayBuffer, slot: number) {
    const offset = slot * SLOT_BYTES;
    this.#words = new Int32Array(memory, offset + TOTALS_OFFSET, ERRORS + 1);
    this.#doubles = new Float64Array(memory, offset + TOTALS_OFFSET, BYTES_OUT + 1);
    this.request = new RequestLine(memory, offset + REQUEST_OFFSET);
  }

  setGeneration(generation: number): void {
    this.#words[GENERATION] = generation;
  }

  booted(bootMs: number): void {
    this.#doubles[BOOT_MS] = bootMs;
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

  count(isError: boolean, bytesIn: number, bytesOut: number): void {
    if (isError) this.#words[ERRORS] = (this.#words[ERRORS] ?? 0) + 1;
    this.#doubles[BYTES_IN] = (this.#doubles[BYTES_IN] ?? 0) + bytesIn;
    this.#doubles[BYTES_OUT] = (this.#doubles[BYTES_OUT] ?? 0) + bytesOut;
  }

  /** What the line says now. Its numbers are whole; between two of them a request may have ended. */
  read(): Omit<WorkerActivity, 'served'> {
    return {
      generation: this.#words[GENERATION] ?? 0,
      bootMs: this.#doubles[BOOT_MS] ?? 0,
      errors: this.#words[ERRORS] ?? 0,
      bytesIn: this.#doubles[BYTES_IN] ?? 0,
      bytesOut: this.#doubles[BYTES_OUT] ?? 0,
      current: this.request.read(),
    };
  }
}
