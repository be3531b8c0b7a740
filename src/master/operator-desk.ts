// Brings together what an operator may ask and who knows the answers.

import type { ResolvedConfig } from '../config/resolve.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { Logger } from '../ops/logger.ts';
import { metricsText } from '../ops/metrics/metrics-text.ts';
import type { Operations, PingReceipt } from '../ops/operations.ts';
import type { ServerStatus } from '../ops/server-status.ts';
import { assess } from '../ops/situation.ts';
import { statusText } from '../ops/status-text.ts';
import type { Submit } from './command.ts';
import type { Control } from './control.ts';
import { serverStatus } from './describe-server.ts';
import type { Dispatching } from './dispatching.ts';
import { createOperations } from './operations.ts';
import { doorOf } from './ping-door.ts';
import type { Pool } from './pool.ts';
import type { ServerFigures } from './server-figures.ts';

/** Who knows what an operator asks about. */
export interface DeskParts {
  dispatching: Pick<Dispatching, 'kind' | 'listeners'>;
  dispatcher: Dispatcher;
  pool: Pool;
  /** The configuration in force. */
  settings: ResolvedConfig;
  control: Control | undefined;
  figures: ServerFigures;
  log: Logger;
  /** Of the whole. */
  phase: () => ServerStatus['phase'];
}

/** In a log there is more room than on a terminal. */
const LOG_SCREEN = { columns: 160, rows: 30 };
/** Beyond the time that booting and leaving may take, milliseconds. */
const LEEWAY_MS = 10_000;
/** A timer with a longer delay would fire at once, milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** Where the questions of operators are answered. */
export class OperatorDesk {
  readonly #parts: DeskParts;
  readonly #status: () => ServerStatus;

  constructor(parts: DeskParts) {
    const { dispatching, dispatcher, pool, settings, phase, figures } = parts;
    this.#parts = parts;
    const dispatch = dispatching.kind;
    this.#status = serverStatus({ dispatch, dispatcher, settings, pool, phase, figures });
  }

  /** Writes one screen into the log. Never rejects: a mistake of ours in it must not end the server. */
  async logStatus(): Promise<void> {
    const { figures, log } = this.#parts;
    try {
      await figures.refresh();
      const lines = statusText(this.#status(), LOG_SCREEN);
      for (const line of lines) if (line !== '') log.info(line);
    } catch (error) {
      log.error('the status cannot be told; please report this', { err: error });
    }
  }

  operations(submit: Submit): Operations {
    return createOperations({
      submit,
      status: this.#status,
      refresh: () => this.#parts.figures.refresh(),
      metrics: metricsText,
      ping: () => this.#ping(),
      longestReplacement: () => this.#longestReplacement(),
    });
  }

  /** One after the other; there may be more of them than the settings say. */
  #longestReplacement(): number {
    const { settings, pool } = this.#parts;
    const { bootTimeout, gracefulTimeout } = settings.config;
    const count = Math.max(pool.maxWorkers, pool.workers.size) + 1;
    return Math.min(count * (bootTimeout + gracefulTimeout) + LEEWAY_MS, LONGEST_MS);
  }

  async #ping(): Promise<PingReceipt> {
    const { ping } = await import('../ops/ping.ts');
    const { config } = this.#parts.settings;
    const { mount, allowHost } = config;
    const secret = this.#parts.control?.pingSecret ?? '';
    const { isSaturated } = assess(this.#status());
    const receipt = await ping({
      ...doorOf(this.#parts.dispatching.listeners, config),
      secret,
      mount,
      allowHost,
    });
    return { ...receipt, waited: isSaturated };
  }
}
