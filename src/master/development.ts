// What a master hears while somebody works on the handler: of the development gateway, and of files that change.

import { EXIT_UNAVAILABLE } from '../exit-codes.ts';
import type { Logger } from '../ops/logger.ts';
import type { Submit } from './command.ts';
import { describeEnd } from './describe-death.ts';
import type { GatewayEvent, GatewayProcess } from './gateway-process.ts';
import type { WatchEvent } from './handler-watch.ts';
import type { Pool } from './pool.ts';
import type { ServiceReport } from './service-report.ts';

export interface DevelopmentParts {
  gateway?: GatewayProcess | undefined;
  pool: Pool;
  report: ServiceReport;
  log: Logger;
  submit: Submit;
  isServing: () => boolean;
  /** Ends the reload that runs, if one does. */
  stopRollout: (why: string) => void;
}

export class Development {
  readonly #parts: DevelopmentParts;
  #isChanging = false;

  constructor(parts: DevelopmentParts) {
    this.#parts = parts;
  }

  /** Files are being changed: new workers wait until that is over. */
  get isChanging(): boolean {
    return this.#isChanging;
  }

  hearGateway(event: GatewayEvent): void {
    const { log, gateway, submit, isServing } = this.#parts;
    if (event.type === 'ready') log.info(`open ${event.url} in a browser`);
    else if (event.type === 'complained') log.warn(event.line);
    else if (event.type === 'failed') {
      submit({ type: 'stop', quick: true, reason: event.message, exitCode: EXIT_UNAVAILABLE });
    } else if (isServing()) {
      log.error(`the development gateway ${describeEnd(event.end)}; it is started again`);
      gateway?.restartSoon();
    } else submit({ type: 'check-pool' });
  }

  /** Old code answers nothing any more as soon as a file changes; what comes waits for the new. */
  hearWatch(event: WatchEvent): void {
    const { log, submit, isServing } = this.#parts;
    if (event.type === 'failed') {
      log.warn(`files cannot be watched, but are looked at twice a second: ${event.error.message}`);
    } else if (event.type === 'settled') {
      this.#isChanging = false;
      submit({ type: 'demand' });
    } else if (!this.#isChanging && isServing()) this.#replaceAll(event.file);
  }

  #replaceAll(file: string): void {
    const { log, pool, report, stopRollout } = this.#parts;
    this.#isChanging = true;
    stopRollout('a file of the handler has changed');
    report.reloading();
    void pool.replaceAll('a file of the handler has changed').then(() => {
      log.info(`${file} has changed: all workers are replaced`);
    });
  }
}
