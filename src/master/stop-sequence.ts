// How a master stops: what waits is served first, then the workers leave, then the rest is closed.

import { formatDuration } from '../config/units.ts';
import { count } from '../count.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { Logger } from '../ops/logger.ts';
import type { Submit } from './command.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { Listener } from './listeners.ts';
import type { Pool } from './pool.ts';
import type { ServiceReport } from './service-report.ts';
import type { Settings } from './settings.ts';

export interface StopParts {
  listeners: readonly Listener[];
  dispatcher: Dispatcher;
  pool: Pool;
  gateway?: GatewayProcess | undefined;
  report: ServiceReport;
  log: Logger;
  submit: Submit;
  settings: Settings;
  /** All is done: called once. */
  finish: (exitCode: number) => void;
}

export interface StopOrder {
  quick: boolean;
  reason: string;
  /** What the process ends with. */
  exitCode: number;
}

/**
 * - `serving`: nobody has asked to stop
 * - `delaying`: it will stop soon, and serves as before meanwhile
 * - `stopping`: what was accepted is served, then the workers leave
 * - `quitting`: what waits is refused, what runs is answered 503
 * - `stopped`: it is over
 */
export type Phase = 'serving' | 'delaying' | 'stopping' | 'quitting' | 'stopped';

/** A quick stop is over after this long, milliseconds. */
const QUICK_STOP_MS = 1_800;
/** After SIGKILL the end of a process is a matter of moments; this bounds the wait, milliseconds. */
const LAST_RESORT_MS = 1_000;

export class StopSequence {
  readonly #parts: StopParts;
  #phase: Phase = 'serving';
  #exitCode = 0;
  #isAccepting = true;
  #deadline: NodeJS.Timeout | undefined;

  constructor(parts: StopParts) {
    this.#parts = parts;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Connections are accepted. */
  get isServing(): boolean {
    return this.#phase === 'serving' || this.#phase === 'delaying';
  }

  /** Stops, or makes haste. */
  begin(order: StopOrder): void {
    const { quick, reason, exitCode } = order;
    if (this.#phase === 'quitting' || (this.#phase === 'stopping' && !quick)) return;
    const { shutdownDelay } = this.#parts.settings.config;
    if (this.#phase === 'serving' && !quick && shutdownDelay > 0) return this.#delay(order);
    const wasServing = this.isServing;
    this.#phase = quick ? 'quitting' : 'stopping';
    this.#exitCode = exitCode;
    const { log, report, gateway, pool, settings } = this.#parts;
    const { gracefulTimeout } = settings.config;
    const how = `${quick ? 'quick' : 'graceful'} stop: ${reason}`;
    log.info(how);
    report.stopping(how);
    this.#endWithin(quick ? QUICK_STOP_MS : gracefulTimeout);
    gateway?.stop(quick ? 0 : gracefulTimeout);
    if (quick) pool.quitAll(reason);
    else pool.drainResting(reason);
    if (wasServing) this.#stopAccepting();
    this.advance();
  }

  /** Nothing more is accepted. */
  acceptingStopped(): void {
    this.#isAccepting = false;
    this.advance();
  }

  /** One more step towards the end. */
  advance(): void {
    const { dispatcher, pool, gateway } = this.#parts;
    if (this.isServing || this.#isAccepting) return;
    if (this.#phase === 'quitting') dispatcher.refuseWaiting();
    if (dispatcher.waiting > 0) pool.reconcile('finish', pool.workers.serving.length > 0 ? 0 : 1);
    else if (pool.workers.size > 0) pool.drainAll('the server stops');
    else if (gateway?.isRunning !== true) this.#finish();
  }

  /** The time is over: what runs is answered 503, and what does not leave then is killed. */
  overdue(): void {
    const { log, dispatcher, pool, gateway } = this.#parts;
    const wasGraceful = this.#phase === 'stopping';
    this.#phase = 'quitting';
    dispatcher.refuseWaiting();
    if (wasGraceful) {
      const limit = `--graceful-timeout (${formatDuration(this.#parts.settings.config.gracefulTimeout)})`;
      log.warn(`not finished within ${limit}: ${count(pool.workers.size, 'worker')} must quit`);
      pool.quitAll('the time for stopping is over');
      this.#endWithin(QUICK_STOP_MS);
    } else {
      pool.killAll();
      gateway?.kill();
      clearTimeout(this.#deadline);
      this.#deadline = setTimeout(() => this.#finish(), LAST_RESORT_MS);
    }
    this.advance();
  }

  /** Whoever chooses between servers is told, and has time to choose another one. */
  #delay(order: StopOrder): void {
    const { log, report, listeners, settings, submit } = this.#parts;
    const { shutdownDelay } = settings.config;
    this.#phase = 'delaying';
    const how = `graceful stop in ${shutdownDelay} ms (--shutdown-delay): ${order.reason}`;
    log.info(`${how}; until then connections are accepted`);
    report.stopping(how);
    for (const listener of listeners) listener.unpublish();
    const reason = `${order.reason}, ${shutdownDelay} ms ago`;
    this.#deadline = setTimeout(() => submit({ ...order, type: 'stop', reason }), shutdownDelay);
  }

  #stopAccepting(): void {
    const { listeners, dispatcher, submit } = this.#parts;
    for (const listener of listeners) listener.unpublish();
    void dispatcher.stopAccepting().then(() => submit({ type: 'accepting-stopped' }));
  }

  #endWithin(boundMs: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#parts.submit({ type: 'stop-overdue' }), boundMs);
  }

  #finish(): void {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    clearTimeout(this.#deadline);
    this.#parts.finish(this.#exitCode);
  }
}
