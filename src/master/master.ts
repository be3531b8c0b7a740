// The master: everything that happens becomes a command, and `apply` is where state changes.

import { InternalError } from '../errors.ts';
import { EXIT_CONFIG, EXIT_SOFTWARE } from '../exit-codes.ts';
import type { Dispatcher, DispatchNotice } from '../dispatch/dispatcher.ts';
import type { WorkerMessage } from '../ipc/messages.ts';
import type { Logger } from '../ops/logger.ts';
import type { Command, Submit } from './command.ts';
import { Development } from './development.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { describeEnd } from './describe-death.ts';
import type { HandlerWatch } from './handler-watch.ts';
import type { Listener } from './listeners.ts';
import { NoticeLog } from './notice-log.ts';
import type { Pool } from './pool.ts';
import { type RecycleOrder, RecycleOrders } from './recycle-orders.ts';
import type { ReloadOrder } from './reload-run.ts';
import { Rollout, type RolloutParts } from './rollout.ts';
import type { ServerFigures } from './server-figures.ts';
import type { ServiceReport } from './service-report.ts';
import type { Settings } from './settings.ts';
import { scale } from './scaling.ts';
import { commandForSignal } from './signals.ts';
import type { StopOrder } from './stop-sequence.ts';
import { StopSequence } from './stop-sequence.ts';
import type { StatusPages } from './status-pages.ts';
import type { StuckWorkers } from './stuck-workers.ts';
import type { WorkerHandle } from './worker-handle.ts';

export interface MasterParts {
  listeners: readonly Listener[];
  dispatcher: Dispatcher;
  pool: Pool;
  /** What is done about workers that do not respond. */
  stuck: StuckWorkers;
  gateway?: GatewayProcess | undefined;
  /** Somebody works on the handler: its workers are replaced when it changes. */
  watch?: HandlerWatch | undefined;
  /** Where the status page is shown. */
  statusPages?: StatusPages | undefined;
  /** Whoever started us hears how the service fares. */
  report: ServiceReport;
  /** What is counted, measured and remembered. */
  figures: ServerFigures;
  /** No worker is started before a connection comes. */
  startsEmpty: boolean;
  log: Logger;
  settings: Settings;
  /** Most workers that there is room for. */
  mostWorkers: number;
  rollout: Omit<RolloutParts, keyof MasterParts | 'submit'>;
  /** Writes the status into the log. */
  logStatus: () => void;
}

/** Changes of the load within this time are looked at together, milliseconds. */
const CHECK_AFTER_MS = 10;
/** Why nothing is begun any more, as whoever wants it is told. */
const STOPS = 'the server stops';

export class Master {
  readonly #parts: MasterParts;
  readonly #stopping: StopSequence;
  readonly #rollout: Rollout;
  readonly #recycling: RecycleOrders;
  readonly #notices: NoticeLog;
  readonly #development: Development;
  readonly #ended: Promise<number>;
  #end: (exitCode: number) => void = () => {};
  #check: NodeJS.Timeout | undefined;

  constructor(parts: MasterParts) {
    this.#parts = parts;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const finish = (exitCode: number): void => this.#finish(exitCode);
    const { submit } = this;
    this.#stopping = new StopSequence({ ...parts, submit, finish });
    this.#notices = new NoticeLog(parts.log);
    this.#recycling = new RecycleOrders({ workers: parts.pool.workers, log: parts.log });
    this.#rollout = new Rollout({ ...parts, ...parts.rollout, submit });
    this.#development = new Development({
      ...parts,
      submit,
      isServing: () => this.#isServing,
      stopRollout: (why) => this.#rollout.stop(why),
    });
  }

  /** Serves until it is stopped. @returns the exit code of the process */
  run(): Promise<number> {
    const { dispatcher, pool, gateway, report, startsEmpty } = this.#parts;
    dispatcher.start();
    this.#parts.figures.start();
    gateway?.start();
    pool.reconcile('serve', 0);
    report.pool();
    if (startsEmpty) report.ready(() => true);
    return this.#ended;
  }

  /** Takes a command; the one entrance for everything asynchronous. */
  readonly submit: Submit = (command) => {
    if (this.#stopping.phase !== 'stopped') this.#apply(command);
  };

  /** What it is about, for whoever asks. */
  get phase(): 'serving' | 'reloading' | 'delaying' | 'stopping' {
    if (this.#stopping.phase === 'delaying') return 'delaying';
    if (!this.#isServing) return 'stopping';
    return this.#rollout.isRunning ? 'reloading' : 'serving';
  }

  get #isServing(): boolean {
    return this.#stopping.isServing;
  }

  #apply(command: Command): void {
    const { pool } = this.#parts;
    switch (command.type) {
      case 'signal':
        return this.#signal(command.signal);
      case 'stop':
        return this.#stop(command);
      case 'accepting-stopped':
        return this.#stopping.acceptingStopped();
      case 'stop-overdue':
        return this.#stopping.overdue();
      case 'worker-message':
        // While we stop, the order to leave is on its way or was given.
        if (command.message.type === 'leaving' && !this.#isServing) return undefined;
        pool.hear(command.worker, command.message);
        return this.#afterMessage(command.worker, command.message);
      case 'worker-deaf':
        return command.worker.state === 'exited'
          ? undefined
          : void pool.drain(command.worker, 'channel closed');
      case 'worker-overdue':
        pool.overdue(command.worker, command.timeoutMs);
        return command.worker.isLost ? this.#reconcile(0) : undefined;
      case 'worker-ended':
        return pool.ended(command.worker, command.end);
      case 'worker-reaped':
        return this.#afterDeath(command);
      case 'unstartable':
        return this.#cannotStart(command.generation, command.why);
      case 'demand':
        return this.#reconcile(this.#parts.dispatcher.waiting);
      case 'check-pool':
        return this.#reconcile(0);
      case 'notice':
        return this.#tell(command.notice);
      case 'worker-stuck':
        return this.#parts.stuck.killUnbegun(command.slot);
      case 'worker-late':
        return this.#parts.stuck.overdue(command.slot);
      case 'reload':
        return this.#reload(command);
      case 'settings-read':
        return this.#rollout.settingsRead(command.run, command.outcome);
      case 'scale':
        scale(command, { ...this.#parts, refusal: this.#isServing ? undefined : STOPS });
        return this.#reconcile(this.#parts.dispatcher.waiting);
      case 'recycle':
        return this.#recycle(command);
      case 'log-status':
        return this.#parts.logStatus();
      case 'gateway':
        return this.#development.hearGateway(command.event);
      case 'watch':
        return this.#development.hearWatch(command.event);
      default:
        throw new InternalError(`no such command: ${JSON.stringify(command satisfies never)}`);
    }
  }

  /** The load changed. Comes with every connection, so that it only sees to a later look. */
  readonly loadChanged = (): void => {
    if (this.#check !== undefined) return;
    this.#check = setTimeout(() => {
      this.#check = undefined;
      this.submit({ type: 'check-pool' });
    }, CHECK_AFTER_MS);
  };

  #signal(signal: NodeJS.Signals): void {
    const command = commandForSignal(signal, !this.#isServing);
    if (command !== undefined) this.#apply(command);
    else if (signal !== 'SIGUSR1') {
      this.#parts.log.warn(`${signal} has no meaning in this release: nothing was done`);
    }
  }

  #reconcile(demand: number): void {
    if (!this.#isServing) this.#stopping.advance();
    else if (!this.#development.isChanging) {
      this.#parts.pool.reconcile('serve', demand);
      this.#rollout.advance();
    }
  }

  #reload(order: ReloadOrder): void {
    if (this.#stopping.phase === 'serving') this.#rollout.request(order);
    else this.#rollout.refuse(order, STOPS);
  }

  #recycle(order: RecycleOrder): void {
    if (this.#stopping.phase === 'serving') this.#recycling.begin(order);
    else this.#recycling.refuse(order, STOPS);
    this.#reconcile(0);
  }

  #afterMessage(worker: WorkerHandle, message: WorkerMessage): void {
    if (message.type === 'ready') {
      this.#rollout.ready(worker, message.bootMs);
      this.#recycling.booted();
      this.#parts.figures.chronicle.workerReady(message.bootMs);
      this.#reconcile(0);
      this.#parts.report.pool();
      if (!this.#rollout.isRunning) this.#parts.report.ready(() => worker.state === 'ready');
    }
    // Not at once: a signal to the whole process group reaches a worker before it reaches us.
    else if (message.type === 'leaving') this.loadChanged();
    else if (message.type === 'worn') this.#afterWear(worker);
    else if (message.type === 'status-wanted') this.#parts.statusPages?.hear(worker, message);
    else if (message.type === 'here') this.#parts.stuck.responded(worker);
    else if (message.type === 'imported') {
      this.#parts.watch?.add(message.files, Date.now() - worker.uptimeMs);
    }
  }

  /** At the end nobody takes its place: who serves nothing more makes room for one that does. */
  #afterWear(worker: WorkerHandle): void {
    if (this.#isServing) this.#reconcile(0);
    else if (worker.worn?.isResting === true) void this.#parts.pool.drain(worker, 'it rests');
  }

  #afterDeath({ worker, end, work }: Command & { type: 'worker-reaped' }): void {
    const { pool, report } = this.#parts;
    const kind = pool.reaped(worker, end, work);
    const bootError = worker.bootError?.message;
    this.#rollout.left(worker, end, kind);
    const hasNotBooted = kind === 'boot-failure';
    const how = worker.lateness ?? `a worker ${describeEnd(end)} before its handler was loaded`;
    const why = bootError ?? how;
    const isReloads = hasNotBooted && this.#rollout.bootFailed(worker.generation, why);
    if (hasNotBooted && !isReloads) this.#recycling.bootFailed(why);
    this.#recycling.advance();
    if (!isReloads && this.#isHopeless) {
      const reason = bootError === undefined ? 'no worker could boot' : 'the handler did not load';
      this.#stopAtOnce(reason, EXIT_CONFIG);
    } else this.#reconcile(kind === 'crash' ? 1 : 0);
    report.pool();
  }

  #cannotStart(generation: number, why: string): void {
    const isReloads = this.#rollout.bootFailed(generation, why);
    if (!isReloads && this.#isHopeless) this.#stopAtOnce('no worker could be started', EXIT_CONFIG);
  }

  /** A handler that never loaded will not load the next time either: say so and end. */
  get #isHopeless(): boolean {
    const { pool, watch } = this.#parts;
    const hasChance = pool.hasServed || watch !== undefined || this.#rollout.isTrying;
    return this.#isServing && !hasChance;
  }

  #stopAtOnce(reason: string, exitCode: number): void {
    this.#stop({ quick: true, reason, exitCode });
  }

  #stop(order: StopOrder): void {
    if (this.#isServing) this.#parts.watch?.close();
    this.#stopping.begin(order);
    this.#rollout.stop(STOPS);
    if (this.#isServing) return;
    this.#parts.figures.chronicle.stopping();
    this.#recycling.stop(STOPS);
  }

  #finish(exitCode: number): void {
    const { dispatcher, pool, report, log, figures } = this.#parts;
    clearTimeout(this.#check);
    figures.close();
    dispatcher.close();
    pool.close();
    report.close();
    this.#notices.flush();
    figures.tell(log);
    log.info('stopped', { exitCode });
    this.#end(exitCode);
  }

  #tell(notice: DispatchNotice): void {
    this.#notices.tell(notice);
    if (notice.type === 'dispatcher-failed')
      this.#stopAtOnce('nothing can be served', EXIT_SOFTWARE);
  }
}
