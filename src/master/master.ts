// The master: everything that happens becomes a command, and `apply` is where state changes.

import { formatDuration } from '../config/units.ts';
import { count } from '../count.ts';
import { InternalError } from '../errors.ts';
import { EXIT_CONFIG, EXIT_SOFTWARE, EXIT_UNAVAILABLE } from '../exit-codes.ts';
import { describeNotice } from '../dispatch/describe-notice.ts';
import type { Dispatcher, DispatchNotice } from '../dispatch/dispatcher.ts';
import type { WorkerMessage } from '../ipc/messages.ts';
import type { Logger } from '../ops/logger.ts';
import { LogThrottle } from '../ops/log-throttle.ts';
import type { Command, Submit } from './command.ts';
import type { GatewayEvent, GatewayProcess } from './gateway-process.ts';
import { describeEnd } from './describe-death.ts';
import type { HandlerWatch, WatchEvent } from './handler-watch.ts';
import type { Listener } from './listeners.ts';
import type { Pool } from './pool.ts';
import type { ServiceReport } from './service-report.ts';
import { commandForSignal } from './signals.ts';
import type { StuckWorkers } from './stuck-workers.ts';
import type { WorkerHandle } from './worker-handle.ts';
import type { DeathKind } from './worker-state.ts';
import { isLive } from './worker-state.ts';

export interface MasterParts {
  listeners: readonly Listener[];
  dispatcher: Dispatcher;
  pool: Pool;
  /** What is done about workers that do not respond. */
  stuck: StuckWorkers;
  gateway?: GatewayProcess | undefined;
  /** Somebody works on the handler: its workers are replaced when it changes. */
  watch?: HandlerWatch | undefined;
  /** Whoever started us hears how the service fares. */
  report: ServiceReport;
  /** No worker is started before a connection comes. */
  startsEmpty: boolean;
  log: Logger;
  /** Time for running requests at a graceful stop, milliseconds. */
  gracefulTimeout: number;
}

/** A quick stop is over after this long, milliseconds. */
const QUICK_STOP_MS = 1_800;
/** After SIGKILL the end of a process is a matter of moments; this bounds the wait, milliseconds. */
const LAST_RESORT_MS = 1_000;
/** Changes of the load within this time are looked at together, milliseconds. */
const CHECK_AFTER_MS = 10;

type Phase = 'serving' | 'stopping' | 'quitting' | 'stopped';

export class Master {
  readonly #parts: MasterParts;
  readonly #throttle = new LogThrottle();
  readonly #ended: Promise<number>;
  #end: (exitCode: number) => void = () => {};
  #phase: Phase = 'serving';
  #exitCode = 0;
  #isAccepting = true;
  /** Files are being changed: new workers wait until that is over. */
  #isChanging = false;
  #check: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(parts: MasterParts) {
    this.#parts = parts;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Serves until it is stopped. @returns the exit code of the process */
  run(): Promise<number> {
    const { dispatcher, pool, gateway, report, startsEmpty } = this.#parts;
    dispatcher.start();
    gateway?.start();
    pool.reconcile('serve', 0);
    report.pool();
    if (startsEmpty) report.ready(() => true);
    return this.#ended;
  }

  /** Takes a command; the one entrance for everything asynchronous. */
  readonly submit: Submit = (command) => {
    if (this.#phase !== 'stopped') this.#apply(command);
  };

  #apply(command: Command): void {
    const { pool } = this.#parts;
    switch (command.type) {
      case 'signal':
        return this.#signal(command.signal);
      case 'stop':
        return this.#stop(command.quick, command.reason, command.exitCode);
      case 'accepting-stopped':
        this.#isAccepting = false;
        return this.#continueStop();
      case 'stop-overdue':
        return this.#giveUp();
      case 'worker-message':
        // While we stop, the order to leave is on its way or was given.
        if (command.message.type === 'leaving' && this.#phase !== 'serving') return undefined;
        pool.hear(command.worker, command.message);
        return this.#afterMessage(command.worker, command.message);
      case 'worker-deaf':
        return command.worker.state === 'exited'
          ? undefined
          : void pool.drain(command.worker, 'channel closed');
      case 'worker-overdue':
        return pool.overdue(command.worker, command.timeoutMs);
      case 'worker-ended':
        return pool.ended(command.worker, command.end);
      case 'worker-reaped':
        return this.#afterDeath(
          pool.reaped(command.worker, command.end, command.work),
          command.worker.bootError?.message,
        );
      case 'unstartable':
        return this.#stop(true, 'no worker could be started', EXIT_CONFIG);
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
      case 'scale':
      case 'recycle':
        return undefined;
      case 'gateway':
        return this.#hearGateway(command.event);
      case 'watch':
        return this.#hearWatch(command.event);
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
    const command = commandForSignal(signal, this.#phase !== 'serving');
    if (command !== undefined) this.#apply(command);
    else if (signal !== 'SIGUSR1') {
      this.#parts.log.warn(`${signal} has no meaning in this release: nothing was done`);
    }
  }

  #reconcile(demand: number): void {
    if (this.#phase !== 'serving') this.#continueStop();
    else if (!this.#isChanging) this.#parts.pool.reconcile('serve', demand);
  }

  #afterMessage(worker: WorkerHandle, message: WorkerMessage): void {
    if (message.type === 'ready') {
      this.#reconcile(0);
      this.#parts.report.pool();
      this.#parts.report.ready(() => worker.state === 'ready');
    }
    // Not at once: a signal to the whole process group reaches a worker before it reaches us.
    else if (message.type === 'leaving') this.loadChanged();
    else if (message.type === 'here') this.#parts.stuck.responded(worker);
    else if (message.type === 'imported') {
      this.#parts.watch?.add(message.files, Date.now() - worker.uptimeMs);
    }
  }

  /** A handler that never loaded will not load the next time either: say so and end. */
  #afterDeath(kind: DeathKind, bootError: string | undefined): void {
    const { pool, report, watch } = this.#parts;
    if (this.#phase === 'serving' && !pool.hasServed && watch === undefined) {
      const reason = bootError === undefined ? 'no worker could boot' : 'the handler did not load';
      this.#stop(true, reason, EXIT_CONFIG);
    } else this.#reconcile(kind === 'crash' ? 1 : 0);
    report.pool();
  }

  #stop(quick: boolean, reason: string, exitCode: number): void {
    if (this.#phase === 'quitting' || (this.#phase === 'stopping' && !quick)) return;
    const wasServing = this.#phase === 'serving';
    this.#phase = quick ? 'quitting' : 'stopping';
    this.#exitCode = exitCode;
    const { log, dispatcher, listeners, gateway, watch, gracefulTimeout } = this.#parts;
    watch?.close();
    const how = `${quick ? 'quick' : 'graceful'} stop: ${reason}`;
    log.info(how);
    this.#parts.report.stopping(how);
    clearTimeout(this.#deadline);
    const bound = quick ? QUICK_STOP_MS : gracefulTimeout;
    this.#deadline = setTimeout(() => this.submit({ type: 'stop-overdue' }), bound);
    gateway?.stop(quick ? 0 : gracefulTimeout);
    if (quick) this.#parts.pool.quitAll(reason);
    if (wasServing) {
      for (const listener of listeners) listener.unpublish();
      void dispatcher.stopAccepting().then(() => this.submit({ type: 'accepting-stopped' }));
    }
    this.#continueStop();
  }

  /** One more step towards the end: what waits is served first, then the workers leave. */
  #continueStop(): void {
    const { dispatcher, pool, gateway } = this.#parts;
    if (this.#phase === 'serving' || this.#isAccepting) return;
    if (this.#phase === 'quitting') dispatcher.refuseWaiting();
    if (dispatcher.waiting > 0) pool.reconcile('finish', pool.states.some(isLive) ? 0 : 1);
    else if (pool.size > 0) pool.drainAll('the server stops');
    else if (gateway?.isRunning !== true) this.#finish();
  }

  /** The time for stopping is over: what runs is answered 503, and what does not leave then is killed. */
  #giveUp(): void {
    const { log, dispatcher, pool, gateway } = this.#parts;
    const wasGraceful = this.#phase === 'stopping';
    this.#phase = 'quitting';
    dispatcher.refuseWaiting();
    if (wasGraceful) {
      const limit = `--graceful-timeout (${formatDuration(this.#parts.gracefulTimeout)})`;
      log.warn(`not finished within ${limit}: ${count(pool.size, 'worker')} must quit`);
      pool.quitAll('the time for stopping is over');
      this.#deadline = setTimeout(() => this.submit({ type: 'stop-overdue' }), QUICK_STOP_MS);
    } else {
      pool.killAll();
      gateway?.kill();
      this.#deadline = setTimeout(() => this.#finish(), LAST_RESORT_MS);
    }
    this.#continueStop();
  }

  #finish(): void {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    clearTimeout(this.#deadline);
    clearTimeout(this.#check);
    this.#parts.dispatcher.close();
    this.#parts.pool.close();
    this.#parts.report.close();
    this.#throttle.flush();
    this.#parts.log.info('stopped', { exitCode: this.#exitCode });
    this.#end(this.#exitCode);
  }

  #tell(notice: DispatchNotice): void {
    this.#throttle.note(notice.type, (times) => {
      const { level, message } = describeNotice(notice, times);
      this.#parts.log[level](message);
    });
    if (notice.type === 'dispatcher-failed')
      this.#stop(true, 'nothing can be served', EXIT_SOFTWARE);
  }

  #hearGateway(event: GatewayEvent): void {
    const { log, gateway } = this.#parts;
    if (event.type === 'ready') log.info(`open ${event.url} in a browser`);
    else if (event.type === 'complained') log.warn(event.line);
    else if (event.type === 'failed') this.#stop(true, event.message, EXIT_UNAVAILABLE);
    else if (this.#phase === 'serving') {
      log.error(`the development gateway ${describeEnd(event.end)}; it is started again`);
      gateway?.restartSoon();
    } else this.#continueStop();
  }

  /** Old code answers nothing any more as soon as a file changes; what comes waits for the new. */
  #hearWatch(event: WatchEvent): void {
    const { log, pool, dispatcher } = this.#parts;
    if (event.type === 'failed') {
      log.warn(`files cannot be watched, but are looked at twice a second: ${event.error.message}`);
    } else if (event.type === 'settled') {
      this.#isChanging = false;
      this.#reconcile(dispatcher.waiting);
    } else if (!this.#isChanging && this.#phase === 'serving') {
      this.#isChanging = true;
      this.#parts.report.reloading();
      void pool.replaceAll('a file of the handler has changed').then(() => {
        log.info(`${event.file} has changed: all workers are replaced`);
      });
    }
  }
}
