// The pool of workers: spawns, watches, retires and reaps them. Its master tells it when.

import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Dispatcher, LifeWork } from '../dispatch/dispatcher.ts';
import { causeOf, toErrorRecord } from '../ipc/error-record.ts';
import type { WorkerMessage, WorkerSettings } from '../ipc/messages.ts';
import type { Logger } from '../ops/logger.ts';
import type { Submit } from './command.ts';
import { describeDeath } from './describe-death.ts';
import { describeLate } from './describe-late.ts';
import { forwardLines } from './forward-lines.ts';
import type { PoolLimits } from './pool-plan.ts';
import { planPool } from './pool-plan.ts';
import { type PoolHealth, Respawning } from './respawning.ts';
import type { SpawnOptions } from './spawn-worker.ts';
import { spawnWorker } from './spawn-worker.ts';
import type { ProcessEnd } from './worker-handle.ts';
import { WorkerHandle } from './worker-handle.ts';
import type { DeathKind, WorkerState } from './worker-state.ts';
import { deathKind, isReady } from './worker-state.ts';

export interface PoolOptions {
  limits: Omit<PoolLimits, 'maxBooting'>;
  /** Time for a worker to load its handler, milliseconds. */
  bootTimeout: number;
  /** Time for a draining worker to finish, milliseconds. */
  gracefulTimeout: number;
  worker: Omit<WorkerSettings, 'slot' | 'intake'>;
  spawn: Omit<SpawnOptions, 'settings' | 'descriptors'>;
}

export interface PoolParts {
  dispatcher: Dispatcher;
  log: Logger;
  submit: Submit;
}

/** Whether the pool serves, or only finishes what waits. */
export type PoolGoal = 'serve' | 'finish';

/** Between the order to quit and SIGKILL, milliseconds: Ctrl-C is over within two seconds. */
const QUIT_TIMEOUT_MS = 1_500;

export class Pool {
  readonly #options: PoolOptions;
  readonly #parts: PoolParts;
  readonly #limits: PoolLimits;
  readonly #workers = new Map<number, WorkerHandle>();
  readonly #respawn: Respawning;
  #check: NodeJS.Timeout | undefined;
  #generation = 0;
  #hasServed = false;

  constructor(options: PoolOptions, parts: PoolParts) {
    this.#options = options;
    this.#parts = parts;
    this.#respawn = new Respawning(parts.log, () => this.states.filter(isReady).length);
    this.#limits = { ...options.limits, maxBooting: availableParallelism() };
  }

  /** Workers whose process exists. */
  get size(): number {
    return this.#workers.size;
  }

  /** What each worker is up to. */
  get states(): readonly WorkerState[] {
    return [...this.#workers.values()].map(({ state }) => state);
  }

  /** How it fares with the workers that it loses. */
  get health(): PoolHealth {
    return this.#respawn.health;
  }

  /** A worker has been ready: the handler is known to load. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** Takes the next step towards the wanted pool; `demand` is how many connections wait for a worker. */
  reconcile(goal: PoolGoal, demand: number): void {
    clearTimeout(this.#check);
    const now = performance.now();
    const { dispatcher } = this.#parts;
    const workers = [...this.#workers.values()].map(({ slot, state, generation }) => ({
      slot,
      state,
      idleSince: dispatcher.load(slot)?.idleSince,
      isReplaced: generation !== this.#generation,
    }));
    const limits = goal === 'serve' ? this.#limits : { ...this.#limits, min: 0, spare: 0 };
    const plan = planPool({ now, workers, demand }, limits);
    for (const slot of plan.retire) this.#retire(slot);
    const delay = plan.spawn === 0 ? 0 : this.#respawn.delay;
    const checkIn = delay > 0 ? delay : plan.checkIn;
    if (checkIn !== undefined) this.#lookAgainIn(checkIn);
    if (delay === 0) for (let i = 0; i < plan.spawn; i++) this.#spawn();
  }

  /** Lets go of what would keep the process alive; the workers are gone. */
  close(): void {
    clearTimeout(this.#check);
    this.#respawn.close();
  }

  /** The worker in `slot`, whose process exists. */
  readonly workerAt = (slot: number): WorkerHandle | undefined => this.#workers.get(slot);

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
      case 'log':
        log[message.level](message.message, { worker: worker.slot, ...message.fields });
        break;
      default:
    }
  }

  /** Lets the worker finish, within the graceful timeout. Resolves when it gets nothing more. */
  async drain(worker: WorkerHandle, reason: string): Promise<void> {
    if (worker.state === 'draining' || worker.state === 'killed') return;
    worker.reason ??= reason;
    worker.apply('drain');
    // The worker itself answers what is left when its time is over; this is for one that cannot.
    this.#expectWithin(worker, this.#options.gracefulTimeout + QUIT_TIMEOUT_MS);
    await this.#parts.dispatcher.withdraw(worker.slot);
    // Ordered behind all that was passed: it has everything when it hears this.
    worker.send({ type: 'drain', reason });
  }

  drainAll(reason: string): void {
    for (const worker of this.#workers.values()) void this.drain(worker, reason);
  }

  /**
   * Begins a new generation: all workers finish what they serve and leave; those that have not left since
   * the last time end now. Resolves when what comes is for those alone that are spawned from now on.
   */
  async replaceAll(reason: string): Promise<void> {
    const oldest = this.#generation++;
    // What did not boot was the old code.
    this.#respawn.forget();
    const workers = [...this.#workers.values()];
    for (const worker of workers) {
      worker.reason ??= reason;
      // Nothing is lost with one that has not served yet.
      if (worker.state === 'booting') worker.kill();
      else if (worker.generation < oldest) this.#quit(worker, reason);
    }
    await Promise.all(workers.map((worker) => this.drain(worker, reason)));
  }

  /** Ends every worker now: what runs is answered 503, what does not leave is killed. */
  quitAll(reason: string): void {
    for (const worker of this.#workers.values()) this.#quit(worker, reason);
  }

  killAll(): void {
    for (const worker of this.#workers.values()) worker.kill();
  }

  /** The worker's time for booting or leaving is over. */
  overdue(worker: WorkerHandle, timeoutMs: number): void {
    const { current } = this.#parts.dispatcher.activity(worker.slot) ?? {};
    const { gracefulTimeout } = this.#options;
    const times = { timeoutMs, gracefulTimeout, now: performance.now() };
    this.#parts.log.error(describeLate(worker, current, times));
    // Stays 'booting', so that its end counts as a failed boot.
    if (worker.state === 'booting') worker.process.kill('SIGKILL');
    else worker.kill();
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
    const { slot, pid, uptimeMs } = worker;
    const kind = deathKind(worker.state);
    worker.apply('exit');
    this.#workers.delete(slot);
    const text = describeDeath({ slot, pid, end, uptimeMs, now: performance.now(), ...work });
    if (kind === 'expected') {
      this.#parts.log.info(`${text}: ${worker.reason ?? 'stopped'}`);
    } else if (kind === 'crash') {
      this.#parts.log.error(text);
      this.#respawn.crashed(worker, end, work);
    } else {
      this.#respawn.bootFailed();
      this.#complainOfBoot(worker, text);
    }
    return kind;
  }

  #quit(worker: WorkerHandle, reason: string): void {
    worker.reason ??= reason;
    void this.#parts.dispatcher.withdraw(worker.slot);
    if (worker.state !== 'killed') worker.apply('drain');
    worker.send({ type: 'quit', reason });
    this.#expectWithin(worker, QUIT_TIMEOUT_MS);
  }

  #complainOfBoot({ slot, bootError }: WorkerHandle, text: string): void {
    const { log } = this.#parts;
    const next = this.#nextAttempt();
    if (bootError === undefined) log.error(`${text}, before its handler was loaded${next}`);
    else log.error(bootError.message + next, { worker: slot, ...causeOf(bootError) });
  }

  #spawn(): void {
    let slot = 0;
    while (this.#workers.has(slot)) slot++;
    const { dispatcher, log, submit } = this.#parts;
    const child = this.#trySpawn(slot);
    if (child === undefined) return;
    const worker = new WorkerHandle(slot, child, this.#generation);
    this.#workers.set(slot, worker);
    worker.onEnd((end) => submit({ type: 'worker-ended', worker, end }));
    dispatcher.attach(slot, child);
    forwardLines(child.stdout, (line) => log.info(line, { worker: slot, stream: 'stdout' }));
    forwardLines(child.stderr, (line) => log.warn(line, { worker: slot, stream: 'stderr' }));
    worker.onMessage((message) => {
      if (message !== undefined) submit({ type: 'worker-message', worker, message });
      else log.warn(`worker ${slot} sent a message that is none of this server: ignored`);
    });
    worker.onDeaf(() => submit({ type: 'worker-deaf', worker }));
    this.#expectWithin(worker, this.#options.bootTimeout);
    log.debug(`worker ${slot} (pid ${child.pid ?? 'none'}) was spawned`);
  }

  /** Most failures to start a process come as its end; some, such as E2BIG, are thrown. */
  #trySpawn(slot: number): ChildProcess | undefined {
    const { worker, spawn } = this.#options;
    try {
      const { descriptors, intake } = this.#parts.dispatcher.prepare(slot, this.#generation);
      return spawnWorker({ ...spawn, descriptors, settings: { ...worker, slot, intake } });
    } catch (error) {
      this.#respawn.bootFailed();
      const reason = toErrorRecord(error).message;
      this.#parts.log.error(`a worker could not be started: ${reason}${this.#nextAttempt()}`);
      if (this.#hasServed) this.#lookAgainIn(this.#respawn.delay);
      else setImmediate(() => this.#parts.submit({ type: 'unstartable' }));
      return undefined;
    }
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
    // It may have been told to leave in the meantime; a second time it is none of ours.
    if (worker.state !== 'booting') return;
    worker.apply('ready');
    worker.fulfil();
    this.#hasServed = true;
    worker.readyAt = performance.now();
    this.#respawn.booted(worker.readyAt);
    const { slot, pid, bootError } = worker;
    this.#parts.log.info(`worker ${slot} (pid ${pid}) is ready`, { bootMs });
    if (bootError === undefined) return;
    const message = `${bootError.message}; until a file changes, this is what is answered`;
    this.#parts.log.error(message, { worker: slot, ...causeOf(bootError) });
  }

  #retire(slot: number): void {
    const worker = this.#workers.get(slot);
    if (worker !== undefined) void this.drain(worker, 'idle for --idle-timeout');
  }

  #expectWithin(worker: WorkerHandle, timeoutMs: number): void {
    worker.expect(timeoutMs, () => {
      this.#parts.submit({ type: 'worker-overdue', worker, timeoutMs });
    });
  }
}
