// When a worker has served for long enough: after so many requests, after a time, or when it has grown too
// large. It asks for its replacement and serves on until that is there; one that is too large waits.

import type { Place, ServeConnection } from '../dispatch/intake.ts';
import type { RecyclingSettings } from '../ipc/messages.ts';

export interface RecyclingParts {
  /** Bytes; called after every request if there is a limit for it. */
  residentSize: () => number;
  /** The master is to replace this worker. */
  ask: (reason: string) => void;
  /** The same, and until then this worker takes nothing more. */
  rest: (reason: string) => void;
  /** Between 0 and 1, differs from worker to worker. */
  random?: () => number;
}

/** Limits are moved by up to this share, so that the workers of a pool do not reach them together. */
const JITTER = 0.1;
/** The replacement is asked for when this share of the memory is used: it has to boot. */
const EARLY = 0.9;
/** Node's timers take no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const MEGABYTE = 1024 * 1024;

export class Recycling {
  readonly #parts: RecyclingParts;
  readonly #mostRequests: number;
  readonly #longestLife: number;
  readonly #maxMemory: number | undefined;
  #requests = 0;
  #hasAsked = false;
  #isResting = false;

  constructor({ maxRequests, maxAge, maxMemory }: RecyclingSettings, parts: RecyclingParts) {
    const { random = Math.random } = parts;
    const about = (limit: number): number => limit * (1 - JITTER + 2 * JITTER * random());
    this.#parts = parts;
    this.#mostRequests = Math.max(1, Math.round(about(maxRequests ?? Infinity)));
    this.#longestLife = about(maxAge ?? Infinity);
    this.#maxMemory = maxMemory;
  }

  /** The worker is ready. @returns what there is to warn of */
  begin(): string | undefined {
    if (this.#longestLife < Infinity) {
      const why = `${Math.round(this.#longestLife / 1_000)} s old (--max-age)`;
      this.#askIn(this.#longestLife, why);
    }
    if (this.#maxMemory === undefined) return undefined;
    const size = this.#parts.residentSize();
    if (size < EARLY * this.#maxMemory) return undefined;
    return `${megabytes(size)} before its first request leave no room below --max-memory ${megabytes(this.#maxMemory)}`;
  }

  /** Serves as `serve` does, and counts what is done with. */
  counting<Connection>(serve: ServeConnection<Connection>): ServeConnection<Connection> {
    return (connection, place) => serve(connection, this.#counted(place));
  }

  #counted(place: Place): Place {
    return {
      leave: () => place.leave(),
      resume: (start) => place.resume(start),
      answering: () => place.answering(),
      answered: () => place.answered(),
      done: () => {
        // Before the place is free, and taken again.
        this.#finished();
        place.done();
      },
    };
  }

  #finished(): void {
    this.#requests++;
    if (this.#requests === this.#mostRequests) {
      this.#ask(`${this.#requests} requests (--max-requests)`);
    }
    if (this.#maxMemory !== undefined && !this.#isResting) this.#compare(this.#maxMemory);
  }

  #compare(limit: number): void {
    const size = this.#parts.residentSize();
    if (size < EARLY * limit) return;
    const why = `${megabytes(size)} (--max-memory)`;
    if (size <= limit) return this.#ask(why);
    this.#isResting = true;
    this.#hasAsked = true;
    this.#parts.rest(why);
  }

  #askIn(delayMs: number, reason: string): void {
    const stepMs = Math.min(delayMs, LONGEST_TIMER_MS);
    const next = (): void => {
      if (stepMs === delayMs) this.#ask(reason);
      else this.#askIn(delayMs - stepMs, reason);
    };
    setTimeout(next, stepMs).unref();
  }

  #ask(reason: string): void {
    if (this.#hasAsked) return;
    this.#hasAsked = true;
    this.#parts.ask(reason);
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / MEGABYTE)} MB`;
}
