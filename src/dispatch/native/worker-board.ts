// What master and native workers say through shared memory: a line for each slot, plain stores, no calls.

import { countDuration, HISTOGRAM_LENGTH } from '../../counts/duration-buckets.ts';
import type { Descriptor } from '../../posix/descriptor.ts';
import { mapSharedMemory } from '../../posix/shared-memory.ts';
import { monotonicMs } from '../monotonic.ts';
import { boardBytes, dispatchOffset, SLOT_BYTES, slotsIn } from './board-layout.ts';
import { BoardLine } from './board-line.ts';

/** From one slot to the next, in words of 32 bits. */
const WORDS_PER_SLOT = SLOT_BYTES / 4;
const CONTROL = 0;
const RUNNING = 1;
const SERVED = 2;
const LINGERING = 3;
/** A double, in words 4 and 5; counted in doubles from the start of the line. */
const IDLE_SINCE = 2;
/** Written by the dispatcher: connections passed, less those taken back. */
const PASSED = 6;
/** Written by the worker: connections received. */
const TAKEN = 7;

/** Orders of the master, read before each accept. */
export const RUN = 0;
/** Take what is passed, but accept nothing yourself. */
export const STAY_HOME = 1;

/** In a line of its own behind those of the slots: connections that the dispatcher holds, without a credit. */
const WAITING = 0;
/** In the same line: slots that were ever in use are below this number. */
const USED = 1;
/** Behind it, what the dispatcher counts: doubles. */
const SILENT = 0;
const WAITS = 1;

/** The board, mapped by each of its processes. */
export class WorkerBoard {
  readonly #memory: ArrayBuffer;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #dispatch: Float64Array;
  readonly #slots: number;

  /** Maps the board of `slots` workers: once in each process, and in each thread that needs it. */
  static map(memory: Descriptor, slots: number): WorkerBoard {
    return new WorkerBoard(mapSharedMemory(memory, boardBytes(slots)));
  }

  constructor(memory: ArrayBuffer) {
    this.#memory = memory;
    this.#words = new Int32Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#slots = slotsIn(memory.byteLength);
    const offset = dispatchOffset(this.#slots);
    this.#dispatch = new Float64Array(memory, offset, WAITS + HISTOGRAM_LENGTH);
  }

  /** Makes a slot that of a new worker. */
  reset(slot: number, generation: number): void {
    this.#words.fill(0, slot * WORDS_PER_SLOT, (slot + 1) * WORDS_PER_SLOT);
    this.setIdleSince(slot, monotonicMs());
    if (slot >= this.#used)
      Atomics.store(this.#words, this.#slots * WORDS_PER_SLOT + USED, slot + 1);
    this.line(slot).setGeneration(generation);
  }

  /** What the worker of a slot has done and does. */
  line(slot: number): BoardLine {
    return new BoardLine(this.#memory, slot);
  }

  control(slot: number): number {
    return Atomics.load(this.#words, slot * WORDS_PER_SLOT + CONTROL);
  }

  setControl(slot: number, order: number): void {
    Atomics.store(this.#words, slot * WORDS_PER_SLOT + CONTROL, order);
  }

  /** Connections that the worker has begun and not finished. */
  running(slot: number): number {
    return this.#words[slot * WORDS_PER_SLOT + RUNNING] ?? 0;
  }

  served(slot: number): number {
    return this.#words[slot * WORDS_PER_SLOT + SERVED] ?? 0;
  }

  /** Since when the worker runs nothing, by the clock that all processes share, milliseconds. */
  idleSince(slot: number): number {
    return this.#doubles[(slot * WORDS_PER_SLOT) / 2 + IDLE_SINCE] ?? 0;
  }

  setIdleSince(slot: number, since: number): void {
    this.#doubles[(slot * WORDS_PER_SLOT) / 2 + IDLE_SINCE] = since;
  }

  /** The worker begins or ends a request. */
  setRunning(slot: number, running: number, served: number): void {
    const line = slot * WORDS_PER_SLOT;
    if (running === 0) this.setIdleSince(slot, monotonicMs());
    this.#words[line + SERVED] = served;
    this.#words[line + RUNNING] = running;
  }

  setLingering(slot: number, isLingering: boolean): void {
    Atomics.store(this.#words, slot * WORDS_PER_SLOT + LINGERING, isLingering ? 1 : 0);
  }

  /**
   * How many connections wait at the dispatcher. They were accepted before any of the backlog, so
   * workers give their credits back as long as there are some.
   */
  waiting(): number {
    return Atomics.load(this.#words, this.#slots * WORDS_PER_SLOT + WAITING);
  }

  setWaiting(count: number): void {
    Atomics.store(this.#words, this.#slots * WORDS_PER_SLOT + WAITING, count);
  }

  /** How many workers linger now. */
  countLingering(): number {
    return this.#sum(LINGERING);
  }

  /** Connections that all workers have begun in their lives: it grows as long as anything moves. */
  countBegun(): number {
    return this.#sum(SERVED) + this.#sum(RUNNING);
  }

  /** Connections that workers have taken from the backlog themselves. */
  countSelfServed(): number {
    return this.countBegun() - this.#sum(TAKEN);
  }

  taken(slot: number): number {
    return Atomics.load(this.#words, slot * WORDS_PER_SLOT + TAKEN);
  }

  setTaken(slot: number, taken: number): void {
    Atomics.store(this.#words, slot * WORDS_PER_SLOT + TAKEN, taken);
  }

  setPassed(slot: number, passed: number): void {
    Atomics.store(this.#words, slot * WORDS_PER_SLOT + PASSED, passed);
  }

  /** Connections that were passed to the worker and that it has not received yet. */
  underway(slot: number): number {
    const passed = Atomics.load(this.#words, slot * WORDS_PER_SLOT + PASSED);
    return Math.max(0, (passed - this.taken(slot)) | 0);
  }

  /** There is room for many more workers than most pools have: nobody looks at what was never used. */
  get #used(): number {
    return Atomics.load(this.#words, this.#slots * WORDS_PER_SLOT + USED);
  }

  /** A connection was passed that the dispatcher had held so long, milliseconds. */
  countWait(ms: number): void {
    countDuration(this.#dispatch, WAITS, ms);
  }

  /** The dispatcher closed connections that had said nothing in their time. */
  countSilent(count: number): void {
    this.#dispatch[SILENT] = this.silent + count;
  }

  get silent(): number {
    return this.#dispatch[SILENT] ?? 0;
  }

  /** How long connections were held: a histogram. */
  get waits(): Float64Array {
    return this.#dispatch.slice(WAITS);
  }

  #sum(word: number): number {
    let sum = 0;
    const used = this.#used;
    for (let slot = 0; slot < used; slot++) {
      sum += this.#words[slot * WORDS_PER_SLOT + word] ?? 0;
    }
    return sum;
  }
}
