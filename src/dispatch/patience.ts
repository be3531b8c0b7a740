// How long a connection waits for a worker before it is turned away. Pure; time is a parameter.

import type { TurnAwayReason } from '../counts/outcomes.ts';

export interface PatienceLimits {
  /** While a worker is there that could take it, milliseconds. */
  queueTimeout: number;
  /** While none is: a worker has so long to boot, milliseconds. */
  bootTimeout: number;
}

/** The option whose time is over. */
export type PatienceOption = '--queue-timeout' | '--boot-timeout';

/** What a connection is counted as that has waited for longer. */
export const IMPATIENCE: Readonly<Record<PatienceOption, TurnAwayReason>> = {
  '--queue-timeout': 'queueTimeout',
  '--boot-timeout': 'bootTimeout',
};

/**
 * One limit for a pool that is busy and one for a pool that cannot serve at all. When a worker comes
 * after none was there, whoever waits has the whole of the other time before it.
 */
export class Patience {
  #limits: PatienceLimits;
  #hasWorker = false;
  /** Since when there is a worker, or none. */
  #since = 0;

  constructor(limits: PatienceLimits) {
    this.#limits = limits;
  }

  change(limits: PatienceLimits): void {
    this.#limits = limits;
  }

  /** The option that holds now. */
  get option(): PatienceOption {
    return this.#hasWorker ? '--queue-timeout' : '--boot-timeout';
  }

  get limitMs(): number {
    return this.#hasWorker ? this.#limits.queueTimeout : this.#limits.bootTimeout;
  }

  /** Tells whether there is a worker that takes connections, or will when it is free. */
  look(now: number, hasWorker: boolean): void {
    if (hasWorker === this.#hasWorker) return;
    this.#hasWorker = hasWorker;
    this.#since = now;
  }

  /** Whether somebody who waits since `since` has waited for too long. */
  isOver(now: number, since: number): boolean {
    // Of the time without a worker, all counts; of the time with one, what is after the last without.
    const from = this.#hasWorker ? Math.max(since, this.#since) : since;
    return now - from >= this.limitMs;
  }
}
