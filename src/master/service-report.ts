// What the master has to say to whoever started it.

import { count } from '../count.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { ServiceNotify } from '../ops/service-notify.ts';
import type { Pool } from './pool.ts';

export interface ServiceReportParts {
  service: ServiceNotify;
  dispatcher: Dispatcher;
  pool: Pool;
  /** No worker is started before a connection comes. */
  startsEmpty: boolean;
}

export class ServiceReport {
  readonly #parts: ServiceReportParts;
  #isOver = false;

  constructor(parts: ServiceReportParts) {
    this.#parts = parts;
  }

  /** Tells every `intervalMs` that we live, as long as this thread and the dispatcher do. */
  watch(intervalMs: number): void {
    const { service, dispatcher } = this.#parts;
    service.watch(intervalMs, () => dispatcher.ping());
  }

  /** The service is ready when a worker is, and the dispatcher is there to pass connections to it. */
  ready(isStillSo: () => boolean): void {
    const { service, dispatcher } = this.#parts;
    void dispatcher.ping().then(() => {
      if (!this.#isOver && isStillSo()) service.ready();
    });
  }

  /** The pool is not what it was. */
  pool(): void {
    const { service, pool } = this.#parts;
    const { ready, size } = pool.workers;
    if (this.#isOver) service.status(`stopping: ${count(size, 'worker')} left`);
    else service.status(`${ready} of ${count(pool.maxWorkers, 'worker')} ready`);
  }

  /** A new generation of workers begins. Ready again is who calls {@link ready} when one of them is. */
  reloading(): void {
    if (!this.#isOver) this.#parts.service.reloading();
  }

  /** It serves, or the old one does. */
  reloaded(): void {
    const { pool, startsEmpty } = this.#parts;
    this.ready(() => pool.hasServed || startsEmpty);
  }

  stopping(how: string): void {
    this.#isOver = true;
    this.#parts.service.stopping(how);
  }

  close(): void {
    this.#parts.service.close();
  }
}
