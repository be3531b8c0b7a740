// Sees to the replacement of dead workers: when it may be tried, and what the log says when they die one after
// the other.

import { count } from '../count.ts';
import type { LifeWork } from '../dispatch/dispatcher.ts';
import type { Logger } from '../ops/logger.ts';
import type { PoolHealth } from '../ops/server-status.ts';
import type { LoopNews, UnexpectedDeath } from './crash-loop.ts';
import { CrashLoop } from './crash-loop.ts';
import { RespawnPolicy } from './respawn-policy.ts';
import type { ProcessEnd, WorkerHandle } from './worker-handle.ts';

/** How often it is looked whether a loop is over, milliseconds; only while there is one. */
const LOOK_MS = 1_000;

export class Respawning {
  readonly #policy = new RespawnPolicy();
  readonly #loop = new CrashLoop();
  readonly #log: Logger;
  readonly #countReady: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param countReady - how many workers take connections now */
  constructor(log: Logger, countReady: () => number) {
    this.#log = log;
    this.#countReady = countReady;
  }

  get health(): PoolHealth {
    return {
      failedBoots: this.#policy.failedBoots,
      nextAttemptMs: Math.ceil(this.delay),
      crashesLastMinute: this.#loop.crashesLastMinute(performance.now()),
      isCrashLoop: this.#loop.isOn,
    };
  }

  /** Until a worker may be spawned, milliseconds; 0: now. */
  get delay(): number {
    return this.#policy.delay(performance.now());
  }

  /** The pool has been looked at. @param isShort - workers are wanted that are not there, or not ready yet */
  planned(isShort: boolean): void {
    this.#loop.planned(performance.now(), isShort);
  }

  /** A worker became ready at `now`, milliseconds. */
  booted(now: number): void {
    this.#policy.booted(now);
  }

  /** What failed is none of what is tried from now on. */
  forget(): void {
    this.#policy.forget();
  }

  bootFailed(): void {
    this.#policy.bootFailed(performance.now());
    this.#died({ kind: 'boot-failure', served: 0 });
  }

  /** A worker died that had become ready. */
  crashed({ readyAt }: WorkerHandle, { signal }: ProcessEnd, { served, lost }: LifeWork): void {
    const now = performance.now();
    const readyForMs = now - (readyAt ?? now);
    const wasKilled = signal === 'SIGKILL';
    this.#policy.crashed(now, { begun: served + lost, readyForMs, wasKilled });
    this.#died({ kind: 'crash', served });
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #died(death: UnexpectedDeath): void {
    this.#tell(this.#loop.died(performance.now(), death));
    if (this.#loop.isOn) this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #look(): void {
    const canBoot = this.#countReady() > 0 && this.#policy.failedBoots === 0;
    this.#tell(this.#loop.look(performance.now(), canBoot));
    if (this.#loop.isOn) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tell(news: LoopNews | undefined): void {
    const { deaths, durationMs } = this.#loop;
    const died = `${count(deaths, 'worker')} died in ${Math.round(durationMs / 1_000)} s`;
    if (news === 'is-over') this.#log.info(`crash loop is over: ${died}`);
    else if (news === 'goes-on') this.#log.warn(`crash loop goes on: ${died}; ${this.#outlook()}`);
    else if (news === 'begins') {
      const all = `${deaths} workers in a row died before they had finished a request`;
      this.#log.warn(`crash loop: ${all}; ${this.#outlook()}`);
    }
  }

  #outlook(): string {
    const ready = this.#countReady();
    const serving = ready === 0 ? 'none is ready' : `${count(ready, 'worker')} ready`;
    return `${serving}, next attempt in ${Math.ceil(this.delay)} ms`;
  }
}
