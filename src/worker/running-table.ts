// The requests that a worker runs, in memory that it shares with its watchdog thread: a place for each,
// plain stores, no calls. The thread sees them while the worker itself answers nobody.

import { Buffer } from 'node:buffer';
import { ELLIPSIS } from '../dispatch/activity.ts';
import { toMonotonic } from '../dispatch/monotonic.ts';

/** A request, as it is put into the table. */
export interface TableRequest {
  readonly id: string;
  readonly method: string;
  readonly uri: string;
  /** Milliseconds of this thread's `performance.now()`. */
  readonly startedAt: number;
}

/** A request, as it is read. */
export interface RunningEntry extends TableRequest {
  /** Where it is in the table; with its sequence it is no other request's. */
  readonly place: number;
  readonly sequence: number;
  /** Milliseconds of the clock that all threads share. */
  readonly startedAt: number;
}

/** Of more requests at once, not all are watched. */
const MOST_REQUESTS = 1_024;
/** So many requests may follow before it is forgotten when one ended. */
const SPARE_PLACES = 64;

/** Words of 32 bits, at the start. */
const BEGUN = 0;
const IS_RESTING = 1;
const HEADER_BYTES = 64;

/** In each place: words of 32 bits; then doubles, counted in doubles; then text. */
const SEQUENCE = 0;
const IS_RUNNING = 1;
const LENGTH = 2;
const STARTED_AT = 2;
const ENDED_AT = 3;
const TEXT_OFFSET = 32;
const PLACE_BYTES = 384;
/** For the id, the method and as much of the URI as the scoreboard keeps. */
const TEXT_ROOM: number = PLACE_BYTES - TEXT_OFFSET;
/** No value of a request contains it. */
const SEPARATOR = '\0';

/** A writer needs less than a microsecond, unless it loses its processor in the middle. */
const ATTEMPTS = 1_000;

export class RunningTable {
  /** Requests that it has room for. */
  readonly places: number;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Buffer;

  /** Returns memory for the requests of a worker that runs so many at once. */
  static allocate(concurrency: number): SharedArrayBuffer {
    const places = Math.min(concurrency, MOST_REQUESTS) + SPARE_PLACES;
    return new SharedArrayBuffer(HEADER_BYTES + places * PLACE_BYTES);
  }

  constructor(memory: SharedArrayBuffer) {
    this.places = (memory.byteLength - HEADER_BYTES) / PLACE_BYTES;
    this.#words = new Int32Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#bytes = Buffer.from(memory);
  }

  /** The request begins, in a place that is free. A reader that rests is woken. */
  begin(place: number, { id, method, uri, startedAt }: TableRequest): void {
    const words = this.#words;
    const offset = HEADER_BYTES + place * PLACE_BYTES;
    const word = offset / 4;
    const sequence = words[word + SEQUENCE] ?? 0;
    Atomics.store(words, word + SEQUENCE, sequence + 1);
    // A store may be overtaken by the plain ones behind it; this load, behind the store, may not.
    Atomics.load(words, word + SEQUENCE);
    const text = id + SEPARATOR + method + SEPARATOR + uri;
    words[word + IS_RUNNING] = 1;
    words[word + LENGTH] = text.length;
    this.#bytes.write(text, offset + TEXT_OFFSET, TEXT_ROOM, 'latin1');
    this.#doubles[offset / 8 + STARTED_AT] = toMonotonic(startedAt);
    Atomics.store(words, word + SEQUENCE, sequence + 2);
    Atomics.add(words, BEGUN, 1);
    if (Atomics.load(words, IS_RESTING) === 1) this.#wake();
  }

  /** The request in this place is over. @param endedAt - milliseconds of this thread's `performance.now()` */
  end(place: number, endedAt: number): void {
    const offset = HEADER_BYTES + place * PLACE_BYTES;
    this.#doubles[offset / 8 + ENDED_AT] = toMonotonic(endedAt);
    Atomics.store(this.#words, offset / 4 + IS_RUNNING, 0);
  }

  /** How many requests have begun so far; it wraps. */
  get begun(): number {
    return Atomics.load(this.#words, BEGUN);
  }

  /** Returns the requests that run, the oldest first. */
  read(): RunningEntry[] {
    const entries: RunningEntry[] = [];
    for (let place = 0; place < this.places; place++) {
      const entry = this.#readPlace(place);
      if (entry !== undefined) entries.push(entry);
    }
    return entries.sort((a, b) => a.startedAt - b.startedAt);
  }

  /**
   * Returns when the request ended, by the clock of all threads; `Infinity`: it runs; `undefined`: another
   * has its place.
   */
  endOf({ place, sequence }: RunningEntry): number | undefined {
    const offset = HEADER_BYTES + place * PLACE_BYTES;
    const word = offset / 4;
    const isRunning = Atomics.load(this.#words, word + IS_RUNNING) === 1;
    const endedAt = isRunning ? Infinity : this.#doubles[offset / 8 + ENDED_AT];
    const seen = Atomics.compareExchange(this.#words, word + SEQUENCE, sequence, sequence);
    return seen === sequence ? endedAt : undefined;
  }

  /**
   * Blocks this thread until a request begins after `begun` of them.
   *
   * @param begun - as it was before the table was last seen empty
   */
  rest(begun: number): void {
    Atomics.store(this.#words, IS_RESTING, 1);
    // One that began in the meantime may have found nobody resting.
    if (this.begun === begun) Atomics.wait(this.#words, IS_RESTING, 1);
    Atomics.store(this.#words, IS_RESTING, 0);
  }

  /** Blocks this thread for a time. */
  pause(ms: number): void {
    Atomics.wait(this.#words, IS_RESTING, 0, ms);
  }

  #wake(): void {
    Atomics.store(this.#words, IS_RESTING, 0);
    Atomics.notify(this.#words, IS_RESTING);
  }

  /** `undefined`: none is there, or it changes faster than it can be read, and so is none that is slow. */
  #readPlace(place: number): RunningEntry | undefined {
    const words = this.#words;
    const word = (HEADER_BYTES + place * PLACE_BYTES) / 4;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const sequence = Atomics.load(words, word + SEQUENCE);
      if ((sequence & 1) !== 0) continue;
      const entry = words[word + IS_RUNNING] === 1 ? this.#copy(place, sequence) : undefined;
      // An exchange of like for like: unlike a load, it cannot be done before the reads above.
      const seen = Atomics.compareExchange(words, word + SEQUENCE, sequence, sequence);
      if (seen === sequence) return entry;
    }
    return undefined;
  }

  #copy(place: number, sequence: number): RunningEntry {
    const offset = HEADER_BYTES + place * PLACE_BYTES;
    const [id = '', method = '', uri = ''] = this.#text(offset).split(SEPARATOR);
    const startedAt = this.#doubles[offset / 8 + STARTED_AT] ?? 0;
    return { place, sequence, id, method, uri, startedAt };
  }

  #text(offset: number): string {
    const start = offset + TEXT_OFFSET;
    const length = this.#words[offset / 4 + LENGTH] ?? 0;
    if (length <= TEXT_ROOM) return this.#bytes.toString('latin1', start, start + length);
    const end = start + TEXT_ROOM - ELLIPSIS.length;
    return this.#bytes.toString('latin1', start, end) + ELLIPSIS;
  }
}
