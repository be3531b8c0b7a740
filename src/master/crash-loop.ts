// Tells a crash loop from single deaths. Pure but for its memory; time is a parameter.

/** The death of a worker that nobody asked for. */
export interface UnexpectedDeath {
  kind: 'boot-failure' | 'crash';
  /** Requests that it had finished. */
  served: number;
}

/** What is worth a line in the log. */
export type LoopNews = 'begins' | 'goes-on' | 'is-over';

/** So many workers in a row that achieved nothing make a loop, within `ROW_MS`. */
export const ROW = 5;
const ROW_MS = 300_000;
/** A loop is over when no worker has died for so long, and workers boot or none is wanted, milliseconds. */
export const QUIET_MS = 30_000;
/** A loop that goes on is told of after so long, and then every so often, milliseconds. */
const FIRST_TELL_MS = 10_000;
const TELL_EVERY_MS = 60_000;
const MINUTE_MS = 60_000;

export class CrashLoop {
  /** Deaths in a row of workers that had finished nothing, the newest last. */
  #row: number[] = [];
  /** Deaths of workers that had been ready, in the last minute. */
  #crashes: number[] = [];
  #isOn = false;
  #since = 0;
  #deaths = 0;
  #lastDeath = 0;
  #tellAt = 0;
  /** Workers are wanted that are not there. */
  #isShort = true;
  /** Until when that was last so. */
  #shortUntil = 0;

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Deaths since the loop began. */
  get deaths(): number {
    return this.#deaths;
  }

  /** For how long it has gone on, milliseconds; until the last death. */
  get durationMs(): number {
    return this.#lastDeath - this.#since;
  }

  /** Workers that died in the last minute after they had been ready. */
  crashesLastMinute(now: number): number {
    this.#crashes = this.#crashes.filter((at) => now - at < MINUTE_MS);
    return this.#crashes.length;
  }

  /** A worker died. @returns 'begins' if that makes it a loop */
  died(now: number, { kind, served }: UnexpectedDeath): LoopNews | undefined {
    if (kind === 'crash') this.#crashes.push(now);
    this.crashesLastMinute(now);
    this.#lastDeath = now;
    this.#row = served > 0 ? [] : [...this.#row, now].slice(-ROW);
    if (this.#isOn) {
      this.#deaths++;
      return undefined;
    }
    const [first] = this.#row;
    if (this.#row.length < ROW || first === undefined || now - first > ROW_MS) return undefined;
    this.#isOn = true;
    this.#since = first;
    this.#deaths = ROW;
    this.#tellAt = now + FIRST_TELL_MS;
    return 'begins';
  }

  /** The pool has been looked at. @param isShort - workers are wanted that are not there, or not ready yet */
  planned(now: number, isShort: boolean): void {
    if (isShort || this.#isShort) this.#shortUntil = now;
    this.#isShort = isShort;
  }

  /** Time has passed. @param canBoot - a worker is ready, and none has failed to boot since */
  look(now: number, canBoot: boolean): LoopNews | undefined {
    if (!this.#isOn) return undefined;
    // A pool that wants no worker may not come to know for long whether one would boot.
    const isContent = !this.#isShort && now - this.#shortUntil >= QUIET_MS;
    if ((canBoot || isContent) && now - this.#lastDeath >= QUIET_MS) {
      this.#isOn = false;
      this.#row = [];
      return 'is-over';
    }
    if (now < this.#tellAt) return undefined;
    this.#tellAt = now + TELL_EVERY_MS;
    return 'goes-on';
  }
}
