// Reloads: brings new settings and new code into service, or leaves everything as it was.

import type { Config } from '../config/config.ts';
import type { ReloadedConfig } from '../config/reloaded.ts';
import { count } from '../count.ts';
import { toErrorRecord } from '../ipc/error-record.ts';
import type { Chronicle } from '../ops/chronicle.ts';
import type { Logger } from '../ops/logger.ts';
import type { Submit } from './command.ts';
import type { Pool, PoolSettings } from './pool.ts';
import type { ReloadOrder } from './reload-run.ts';
import { ReloadQueue, ReloadRun } from './reload-run.ts';
import type { ServiceReport } from './service-report.ts';
import type { Settings } from './settings.ts';
import type { ProcessEnd, WorkerHandle } from './worker-handle.ts';
import type { DeathKind } from './worker-state.ts';

export interface RolloutParts {
  pool: Pool;
  settings: Settings;
  report: ServiceReport;
  log: Logger;
  submit: Submit;
  chronicle: Chronicle;
  /** What the pool is to work with. @throws ServerError for what this server cannot do */
  poolSettings: (config: Config) => PoolSettings;
  /** Hands new settings to everybody else who works with them. */
  change: (config: Config) => void;
}

/** What came of reading the settings. */
export type SettingsOutcome = { reloaded: ReloadedConfig } | { error: unknown };

/** What a reload is at. */
type Step = 'idle' | 'reading' | 'trying' | 'replacing';

/**
 * Settings are read, then a worker of the new generation is tried beside the old ones. Until one is ready,
 * everything that goes wrong ends the reload, and the old generation and its settings stay in force. From then
 * on the new ones are, and the pool replaces its workers as its plan says.
 */
export class Rollout {
  readonly #parts: RolloutParts;
  readonly #queue = new ReloadQueue();
  #step: Step = 'idle';
  /** What comes into force with the generation that is tried; absent: what is in force already. */
  #next: ReloadedConfig | undefined;
  /** The last one left old workers behind, which are still to be replaced. */
  #isIncomplete = false;

  constructor(parts: RolloutParts) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.#step !== 'idle';
  }

  /** Nothing of the new generation has become ready yet. */
  get isTrying(): boolean {
    return this.#step === 'trying';
  }

  /** Reloads; while a reload runs, after that one. */
  request(order: ReloadOrder): void {
    this.#queue.add(order);
    if (this.#step === 'idle') this.#begin();
    else this.#parts.log.info(`another reload is to follow the one that runs (${order.reason})`);
  }

  /** Nothing is reloaded any more. */
  refuse({ reason, done }: ReloadOrder, why: string): void {
    const { log, pool } = this.#parts;
    log.warn(`nothing is reloaded (${reason}): ${why}`);
    const run = new ReloadRun([], performance.now());
    done?.(run.receipt(pool.generations.present.number, performance.now(), why));
  }

  /** The settings were read, or cannot be. */
  settingsRead(run: ReloadRun, outcome: SettingsOutcome): void {
    // It has been ended meanwhile.
    if (this.#queue.run !== run) return;
    if ('error' in outcome) return this.#fail(describe(outcome.error));
    const { changed, ignored } = outcome.reloaded;
    const { log } = this.#parts;
    run.ignored = ignored;
    if (changed.length > 0) log.info(`settings that change: ${changed.join(', ')}`);
    if (ignored.length > 0) {
      log.warn(
        `only a restart can change ${ignored.join(', ')}: until then they stay what they are`,
      );
    }
    this.#try(outcome.reloaded);
  }

  /** A worker became ready. */
  ready(worker: WorkerHandle, bootMs: number): void {
    const { run } = this.#queue;
    const { pool } = this.#parts;
    if (run === undefined || worker.state !== 'ready') return;
    if (pool.generations.isTried(worker)) this.#comeIntoForce();
    if (worker.generation !== pool.generations.present.number || this.#step !== 'replacing') return;
    run.ready({ slot: worker.slot, pid: worker.pid ?? -1, bootMs });
  }

  /** A worker of `generation` did not boot. @returns whether the reload has ended by that */
  bootFailed(generation: number, why: string): boolean {
    const { run } = this.#queue;
    const { pool } = this.#parts;
    if (this.#step === 'trying' && pool.generations.isTried({ generation })) {
      this.#fail(why);
      return true;
    }
    const isOurs = this.#step === 'replacing' && generation === pool.generations.present.number;
    if (!isOurs || run?.bootFailed() !== true) return false;
    const rest = `${count(pool.older, 'worker')} of older generations`;
    this.#isIncomplete = true;
    this.#end(`reload is incomplete, ${rest} will be replaced when new ones boot again: ${why}`);
    return true;
  }

  /** A worker is gone. */
  left(worker: WorkerHandle, end: ProcessEnd, kind: DeathKind): void {
    if (kind !== 'expected' || worker.generation >= this.#parts.pool.generations.present.number)
      return;
    this.#queue.run?.left(end.code === 0 && performance.now() < worker.leavesBy);
  }

  /** Looks whether all workers are of the present generation by now. */
  advance(): void {
    const { pool, log, chronicle } = this.#parts;
    if (pool.older > 0) return;
    if (this.#step === 'replacing') this.#end();
    else if (this.#step === 'idle' && this.#isIncomplete) {
      this.#isIncomplete = false;
      const done = `all workers are of generation ${pool.generations.present.number} by now`;
      log.info(done);
      chronicle.reloadCompleted(done);
    }
  }

  /** Ends all reloads, those that wait included. */
  stop(why: string): void {
    for (const order of this.#queue.takeWaiting()) this.refuse(order, why);
    if (this.#step === 'idle') return;
    this.#isIncomplete = this.#step === 'replacing';
    this.#leaveTrial();
    this.#end(`the reload is given up: ${why}`, 'warn');
  }

  #begin(): void {
    const run = this.#queue.next(performance.now());
    if (run === undefined) return;
    const { log, report, settings, submit } = this.#parts;
    this.#isIncomplete = false;
    const what = run.onlyCode ? 'new code, present settings' : 'new settings and code';
    log.info(`reload begins: ${what} (${run.reason})`);
    report.reloading();
    if (run.onlyCode) return this.#try(undefined);
    this.#step = 'reading';
    const read = (outcome: SettingsOutcome): void =>
      submit({ type: 'settings-read', run, outcome });
    settings.readAnew().then(
      (reloaded) => read({ reloaded }),
      (error: unknown) => read({ error }),
    );
  }

  #try(next: ReloadedConfig | undefined): void {
    const { pool, poolSettings, settings, submit } = this.#parts;
    try {
      pool.beginTrial(poolSettings((next ?? settings).config));
    } catch (error) {
      return this.#fail(describe(error));
    }
    this.#next = next;
    this.#step = 'trying';
    submit({ type: 'check-pool' });
  }

  #comeIntoForce(): void {
    const { pool, settings, change, log } = this.#parts;
    pool.completeTrial();
    if (this.#next !== undefined) {
      settings.take(this.#next);
      change(this.#next.config);
    }
    this.#next = undefined;
    this.#step = 'replacing';
    log.info(
      `generation ${pool.generations.present.number} has a worker that is ready: it takes over`,
    );
  }

  /** Nothing new has come into force. */
  #fail(why: string): void {
    this.#leaveTrial();
    const { number } = this.#parts.pool.generations.present;
    this.#end(`reload failed, generation ${number} serves on: ${why}`);
  }

  #leaveTrial(): void {
    this.#parts.pool.abandonTrial('its generation does not come into service');
  }

  #end(error?: string, level: 'error' | 'warn' = 'error'): void {
    const { pool, log, report, chronicle } = this.#parts;
    const { number } = pool.generations.present;
    const receipt = this.#queue.run?.receipt(number, performance.now(), error);
    this.#step = 'idle';
    this.#next = undefined;
    if (receipt === undefined) return;
    const { workers, drained, killed, durationMs } = receipt;
    const booted = `${count(workers.length, 'worker')} booted`;
    const done = `reload done: generation ${number}, ${booted}, ${drained} drained, ${killed} killed`;
    if (error === undefined) log.info(done, { durationMs });
    else log[level](error);
    chronicle.reloaded(error === undefined, error ?? done);
    this.#queue.finish(receipt);
    report.reloaded();
    this.#begin();
  }
}

/** A line is a line; what is wrong may be several things. */
function describe(error: unknown): string {
  return toErrorRecord(error).message.replaceAll('\n', '; ');
}
