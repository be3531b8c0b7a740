// The pool of workers: spawns, watches, retires and reaps them. Its master tells it when.

import type { LifeWork } from '../dispatch/dispatcher.ts';
import { toErrorRecord } from '../ipc/error-record.ts';
import type { WorkerMessage } from '../ipc/messages.ts';
import type { Chronicle } from '../ops/chronicle.ts';
import type { PoolHealth } from '../ops/server-status.ts';
import { Departures } from './departures.ts';
import { Generations } from './generations.ts';
import { planPool } from './pool-plan.ts';
import type { GivenLimits, PoolGoal } from './pool-view.ts';
import { isShort, limitsFor, viewWorker } from './pool-view.ts';
import { Respawning } from './respawning.ts';
import { tellDeath, tellReady } from './tell-of-worker.ts';
import type { ProcessEnd, WorkerHandle } from './worker-handle.ts';
import { WorkerSlots } from './worker-slots.ts';
import type { SpawnerParts, WorkerOptions } from './worker-spawner.ts';
import { WorkerSpawner } from './worker-spawner.ts';
import type { DeathKind } from './worker-state.ts';
import { deathKind, workerEnd } from './worker-state.ts';

/** What a reload may change. */
export interface PoolSettings extends WorkerOptions {
  limits: GivenLimits;
  /** Time for a worker to load its handler, milliseconds. */
  bootTimeout: number;
}

export interface PoolParts extends SpawnerParts {
  /** Most worker processes at any time. */
  maxProcesses: number;
  /** Hears of what becomes of workers. */
  chronicle: Chronicle;
}

/** When a worker could not even be started for a trial, the trial is over by then, milliseconds. */
const AFTER_TRIAL_MS = 100;

export class Pool {
  readonly generations: Generations<PoolSettings>;
  /** Those whose process exists. */
  readonly workers: WorkerSlots = new WorkerSlots();
  readonly #parts: PoolParts;
  readonly #spawner: WorkerSpawner;
  readonly #departures: Departures;
  readonly #respawn: Respawning;
  #check: NodeJS.Timeout | undefined;
  #scaledTo: number | undefined;
  #hasServed = false;

  constructor(settings: PoolSettings, parts: PoolParts) {
    this.generations = new Generations(settings);
    this.#parts = parts;
    this.#respawn = new Respawning(parts.log, () => this.workers.ready);
    this.#spawner = new WorkerSpawner(parts);
    this.#departures = new Departures(parts);
  }

  /** Most workers, but for those that are being replaced. */
  get maxWorkers(): number {
    return this.#scaledTo ?? this.generations.present.settings.limits.max;
  }

  /** How it fares with the workers that it loses. */
  get health(): PoolHealth {
    return this.#respawn.health;
  }

  /** A worker has been ready: the handler is known to load. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** Workers of other generations than the one that serves. */
  get older(): number {
    const { number } = this.generations.present;
    return this.workers.reachable.filter(({ generation }) => generation !== number).length;
  }

  /** Takes the next step towards the wanted pool; `demand` is how many connections wait for a worker. */
  reconcile(goal: PoolGoal, demand: number): void {
    clearTimeout(this.#check);
    const now = performance.now();
    const { dispatcher, maxProcesses } = this.#parts;
    const { present, newest, isTrial } = this.generations;
    const { all, reachable } = this.workers;
    const view = (one: WorkerHandle) => viewWorker(one, dispatcher.load(one.slot), newest.number);
    const workers = reachable.map(view);
    const lost = all.length - workers.length;
    const bounds = { max: this.maxWorkers, maxProcesses: maxProcesses - lost };
    const limits = limitsFor(goal, present.settings.limits, bounds);
    const plan = planPool({ now, workers, demand, isTrial }, limits);
    for (const slot of plan.replace) this.#replace(slot);
    for (const slot of plan.retire) this.#drainSlot(slot, 'idle for --idle-timeout');
    for (const slot of plan.excess) this.#drainSlot(slot, `at most ${this.maxWorkers} workers`);
    for (const worker of all) if (worker.state === 'ready') worker.isReplacement = false;
    const spawn = plan.spawn + plan.spawnReplacements;
    this.#respawn.planned(isShort(plan, workers, isTrial));
    const delay = spawn === 0 ? 0 : this.#respawn.delay;
    const checkIn = delay > 0 ? delay : plan.checkIn;
    if (checkIn !== undefined) this.#lookAgainIn(checkIn);
    if (delay === 0) for (let i = 0; i < spawn; i++) this.#spawn(i >= plan.spawn);
  }

  /** The workers are gone. */
  close(): void {
    clearTimeout(this.#check);
    this.#respawn.close();
  }

  /** Until the next reload there are at most so many workers. */
  scale(maxWorkers: number): void {
    this.#scaledTo = maxWorkers;
  }

  /** That which is tried serves, and its settings are in force. */
  completeTrial(): void {
    this.generations.succeed();
    this.#scaledTo = undefined;
  }

  /** From now on what is spawned is of a new generation, of which one has to be ready before it serves. */
  beginTrial(settings: PoolSettings): void {
    this.generations.try(settings);
    // What did not boot was the old code.
    this.#respawn.forget();
  }

  /** Ends what was spawned since the trial began. */
  abandonTrial(reason: string): void {
    const tried = this.workers.all.filter((worker) => this.generations.isTried(worker));
    this.generations.abandon();
    for (const worker of tried) void this.#departures.discard(worker, reason);
  }

  /** Hears what concerns the worker's life; its connections are the dispatcher's business. */
  hear(worker: WorkerHandle, message: WorkerMessage): void {
    const { log } = this.#parts;
    switch (message.type) {
      case 'ready':
        this.#welcome(worker, message.bootMs);
        break;
      case 'boot-failed':
        worker.bootError = message.error;
        break;
      case 'leaving':
        void this.drain(worker, message.reason);
        break;
      case 'worn':
        this.#departures.wear(worker, message);
        break;
      case 'log':
        log[message.level](message.message, { worker: worker.slot, ...message.fields });
        break;
      default:
    }
  }

  /** Lets the worker finish, within the graceful timeout. Resolves when it gets nothing more. */
  drain(worker: WorkerHandle, reason: string): Promise<void> {
    return this.#departures.drain(worker, reason);
  }

  /** Those that take no requests any more have nothing to wait for when the server stops. */
  drainResting(reason: string): void {
    for (const worker of this.workers.all) {
      if (worker.worn?.isResting === true) void this.drain(worker, reason);
    }
  }

  drainAll(reason: string): void {
    for (const worker of this.workers.all) void this.drain(worker, reason);
  }

  /**
   * Begins a new generation: all workers finish what they serve and leave; those that have not left since
   * the last time end now. Resolves when what comes is for those alone that are spawned from now on.
   */
  async replaceAll(reason: string): Promise<void> {
    const { number: oldest, settings } = this.generations.present;
    this.generations.try(settings);
    this.generations.succeed();
    // What did not boot was the old code.
    this.#respawn.forget();
    const workers = this.workers.all;
    for (const worker of workers) {
      worker.reason ??= reason;
      // Nothing is lost with one that has not served yet.
      if (worker.state === 'booting') worker.kill();
      else if (worker.generation < oldest) this.#departures.quit(worker, reason);
    }
    await Promise.all(workers.map((worker) => this.drain(worker, reason)));
  }

  /** Ends every worker now: what runs is answered 503, what does not leave is killed. */
  quitAll(reason: string): void {
    for (const worker of this.workers.all) this.#departures.quit(worker, reason);
  }

  killAll(): void {
    for (const worker of this.workers.all) this.#departures.kill(worker);
  }

  /** The worker's time for booting or leaving is over. */
  overdue(worker: WorkerHandle, timeoutMs: number): void {
    this.#departures.overdue(worker, timeoutMs);
  }

  /** The process is gone: its connections are taken back, and the slot is free when that is done. */
  ended(worker: WorkerHandle, end: ProcessEnd): void {
    worker.fulfil();
    void this.#parts.dispatcher.detach(worker.slot).then((work) => {
      this.#parts.submit({ type: 'worker-reaped', worker, end, work });
    });
  }

  /** Accounts for a dead worker: one line in the log, and what it means for the next one. @returns how it died */
  reaped(worker: WorkerHandle, end: ProcessEnd, work: LifeWork): DeathKind {
    const kind = deathKind(worker.state);
    const counted = workerEnd(kind, worker, this.generations.present.number);
    worker.apply('exit');
    this.workers.remove(worker);
    const isTried = this.generations.isTried(worker);
    // Those that serve are none the worse for a trial that fails.
    if (kind === 'boot-failure' && !isTried) this.#respawn.bootFailed();
    const next = isTried ? '' : this.#nextAttempt();
    const text = tellDeath(this.#parts.log, worker, { kind, end, work, next });
    this.#parts.chronicle.workerEnded(counted, text);
    if (kind === 'crash') this.#respawn.crashed(worker, end, work);
    return kind;
  }

  #spawn(isReplacement: boolean): void {
    const { number: generation, settings } = this.generations.newest;
    try {
      const worker = this.#spawner.spawn({ slot: this.workers.free, generation }, settings);
      worker.isReplacement = isReplacement;
      this.workers.add(worker);
      this.#departures.expectWithin(worker, settings.bootTimeout);
    } catch (error) {
      this.#failToSpawn(error, generation);
    }
  }

  #failToSpawn(error: unknown, generation: number): void {
    const { log, submit, chronicle } = this.#parts;
    const isTried = this.generations.isTried({ generation });
    if (!isTried) this.#respawn.bootFailed();
    const why = `a worker could not be started: ${toErrorRecord(error).message}`;
    chronicle.workerEnded(isTried ? 'reload' : 'boot-failure', why);
    log.error(`${why}${isTried ? '' : this.#nextAttempt()}`);
    this.#lookAgainIn(isTried ? AFTER_TRIAL_MS : this.#respawn.delay);
    setImmediate(() => submit({ type: 'unstartable', generation, why }));
  }

  /** What there is to say once the handler is known to load. */
  #nextAttempt(): string {
    const delay = Math.ceil(this.#respawn.delay);
    return this.#hasServed ? `; next attempt in ${delay} ms` : '';
  }

  #lookAgainIn(delayMs: number): void {
    clearTimeout(this.#check);
    this.#check = setTimeout(() => this.#parts.submit({ type: 'check-pool' }), delayMs);
  }

  #welcome(worker: WorkerHandle, bootMs: number): void {
    // It may have been told to leave in the meantime, or been killed; a second time it is none of ours.
    if (worker.state !== 'booting' || worker.lateness !== undefined) return;
    worker.apply('ready');
    worker.fulfil();
    this.#hasServed = true;
    worker.readyAt = performance.now();
    this.#respawn.booted(worker.readyAt);
    tellReady(this.#parts.log, worker, bootMs);
  }

  #replace(slot: number): void {
    const { number } = this.generations.newest;
    const worker = this.workers.at(slot);
    const isOlder = worker?.generation !== number;
    const why = isOlder ? `replaced by generation ${number}` : `replaced: ${worker.worn?.reason}`;
    this.#drainSlot(slot, why);
  }

  #drainSlot(slot: number, reason: string): void {
    const worker = this.workers.at(slot);
    if (worker !== undefined) void this.drain(worker, reason);
  }
}
