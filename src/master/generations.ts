// Which generation of workers serves, and which is tried. No I/O.

import type { WorkerHandle } from './worker-handle.ts';

/** Workers that were spawned with the same settings, and after the same reload. */
export interface Generation<Settings> {
  readonly number: number;
  readonly settings: Settings;
}

export class Generations<Settings> {
  #present: Generation<Settings>;
  #trial: Generation<Settings> | undefined;

  constructor(settings: Settings) {
    this.#present = { number: 1, settings };
  }

  /** The one that serves. */
  get present(): Generation<Settings> {
    return this.#present;
  }

  /** The one of what is spawned now: that which is tried, if one is. */
  get newest(): Generation<Settings> {
    return this.#trial ?? this.#present;
  }

  /** Nobody knows yet whether the newest loads. */
  get isTrial(): boolean {
    return this.#trial !== undefined;
  }

  isTried({ generation }: Pick<WorkerHandle, 'generation'>): boolean {
    return generation === this.#trial?.number;
  }

  /** Begins one that serves when {@link succeed} says so. */
  try(settings: Settings): void {
    this.#trial = { number: this.#present.number + 1, settings };
  }

  /** That which is tried serves. */
  succeed(): void {
    this.#present = this.newest;
    this.#trial = undefined;
  }

  /** That which was tried never was. */
  abandon(): void {
    this.#trial = undefined;
  }
}
