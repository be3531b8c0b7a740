// The last ten minutes of a server, second by second. It keeps a timer only if somebody wants to know: a server
// at rest that nobody watches stays at rest.

import type { RequestCounts } from '../counts/request-counts.ts';
import { allDurations, countOver, errorsIn } from '../counts/request-counts.ts';
import { percentileBetween } from './percentile.ts';
import type { Sample, ServerRates } from './server-status.ts';

/** How a server stands at one moment. */
export interface Reading {
  /** Everything counted so far. */
  counts: RequestCounts;
  /** Time that workers have spent on requests so far, milliseconds; those that run included. */
  busyMs: number;
  /** Requests that may run at once, in the workers that there are. */
  capacity: number;
  workers: number;
  /** Connections in all backlogs and at the dispatcher. */
  backlog: number;
}

export interface HistoryParts {
  /** Whether anybody wants samples. */
  isWanted: boolean;
  /** Looks at the server. Must not fail; has to answer within a second. */
  read(): Promise<Reading>;
  /** Unix milliseconds, and milliseconds of a clock that nobody sets. */
  clocks?: { date: () => number; steady: () => number };
}

interface Look extends Omit<Reading, 'counts'> {
  at: number;
  over: number;
  errors: number;
  durations: Float64Array;
}

const EVERY_MS = 1_000;
/** Ten minutes. */
const MOST_SAMPLES = 600;
/** Rates are those of so many seconds. */
const RATE_SAMPLES = 10;

export class History {
  readonly #parts: HistoryParts;
  readonly #clocks: NonNullable<HistoryParts['clocks']>;
  #samples: Sample[] = [];
  /** Lengths of the last few samples, milliseconds. */
  #lengths: number[] = [];
  #last: Look | undefined;
  #isLooking = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
    this.#clocks = parts.clocks ?? { date: Date.now, steady: () => performance.now() };
  }

  /** One a second, oldest first. */
  get samples(): Sample[] {
    return [...this.#samples];
  }

  /** Over the last ten seconds; `undefined` before the first is over, or where nobody wanted to know. */
  get rates(): ServerRates | undefined {
    const samples = this.#samples.slice(-RATE_SAMPLES);
    const ms = this.#lengths.reduce((sum, length) => sum + length, 0);
    if (ms === 0) return undefined;
    const sum = (value: (sample: Sample) => number): number =>
      samples.reduce((total, sample) => total + value(sample), 0);
    return {
      requestsPerSecond: (sum(({ requests }) => requests) * 1_000) / ms,
      errorsPerSecond: (sum(({ errors }) => errors) * 1_000) / ms,
      busy: sum(({ busy }) => busy) / samples.length,
    };
  }

  start(): void {
    if (!this.#parts.isWanted || this.#timer !== undefined) return;
    void this.look();
    this.#timer = setInterval(() => void this.look(), EVERY_MS);
    // Whoever serves is alive for other reasons.
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Takes a sample of the time since the last one. */
  async look(): Promise<void> {
    // One that takes longer than a second has its successor left out.
    if (this.#isLooking) return;
    this.#isLooking = true;
    const reading = await this.#parts.read();
    this.#isLooking = false;
    this.#add(toLook(reading, this.#clocks.steady()));
  }

  #add(look: Look): void {
    const last = this.#last;
    this.#last = look;
    if (last === undefined) return;
    const ms = Math.max(1, look.at - last.at);
    this.#samples.push(toSample(last, look, { at: this.#clocks.date(), ms }));
    this.#lengths.push(ms);
    if (this.#samples.length > MOST_SAMPLES) this.#samples.shift();
    if (this.#lengths.length > RATE_SAMPLES) this.#lengths.shift();
  }
}

function toLook({ counts, ...rest }: Reading, at: number): Look {
  const durations = allDurations(counts);
  return { ...rest, at, over: countOver(counts), errors: errorsIn(counts), durations };
}

function toSample(last: Look, look: Look, { at, ms }: { at: number; ms: number }): Sample {
  // A request that died with its worker takes its time along.
  const busy = (look.busyMs - last.busyMs) / (ms * Math.max(1, look.capacity));
  return {
    at,
    requests: look.over - last.over,
    errors: look.errors - last.errors,
    p50: percentileBetween(last.durations, look.durations, 0.5),
    p99: percentileBetween(last.durations, look.durations, 0.99),
    backlog: look.backlog,
    busy: Math.min(1, Math.max(0, busy)),
    workers: look.workers,
  };
}
