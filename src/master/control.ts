// Brings together what an operator may ask and who knows the answers.

import { randomBytes } from 'node:crypto';
import type { ResolvedConfig } from '../config/resolve.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { pingDigest } from '../ipc/ping.ts';
import type { Logger } from '../ops/logger.ts';
import type { Operations, PingReceipt } from '../ops/operations.ts';
import type { PingTarget } from '../ops/ping.ts';
import type { ServerStatus } from '../ops/server-status.ts';
import { assess } from '../ops/situation.ts';
import { statusText } from '../ops/status-text.ts';
import type { Submit } from './command.ts';
import type { ControlSocket } from './control-socket.ts';
import { serverStatus } from './describe-server.ts';
import type { Dispatching } from './dispatching.ts';
import { createOperations } from './operations.ts';
import type { Pool } from './pool.ts';
import type { ServerFigures } from './server-figures.ts';

/** The control socket of a server that has one. */
export interface Control extends ControlSocket {
  /** What the pings through it hold. */
  pingSecret: string;
  /** What workers know these by. */
  pingDigest: string;
}

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

/** @throws ServerError `ERR_SCGI_LISTEN` when the path cannot be used */
export async function openControl(path: string | undefined): Promise<Control | undefined> {
  if (path === undefined) return undefined;
  // Loaded as needed: most servers have none.
  const { openControlSocket } = await import('./control-socket.ts');
  const socket = await openControlSocket(path);
  const pingSecret = randomBytes(16).toString('hex');
  return { ...socket, pingSecret, pingDigest: pingDigest(pingSecret) };
}

/** Where the questions of operators are answered. */
export class StatusDesk {
  readonly #parts: DeskParts;
  readonly #status: () => ServerStatus;

  constructor(parts: DeskParts) {
    const { dispatching, dispatcher, pool, settings, phase, figures } = parts;
    this.#parts = parts;
    const dispatch = dispatching.kind;
    this.#status = serverStatus({ dispatch, dispatcher, settings, pool, phase, figures });
  }

  /** Writes one screen into the log. */
  async logStatus(): Promise<void> {
    await this.#parts.figures.refresh();
    const lines = statusText(this.#status(), LOG_SCREEN);
    for (const line of lines) if (line !== '') this.#parts.log.info(line);
  }

  operations(submit: Submit): Operations {
    return createOperations({
      submit,
      status: this.#status,
      refresh: () => this.#parts.figures.refresh(),
      metrics: (status) => this.#parts.figures.metrics(status),
      ping: () => this.#ping(),
      longestReplacement: () => this.#longestReplacement(),
    });
  }

  /** One after the other. */
  #longestReplacement(): number {
    const { maxWorkers, bootTimeout, gracefulTimeout } = this.#parts.settings.config;
    return Math.min((maxWorkers + 1) * (bootTimeout + gracefulTimeout) + LEEWAY_MS, LONGEST_MS);
  }

  async #ping(): Promise<PingReceipt> {
    const { ping } = await import('../ops/ping.ts');
    const { mount, allowHost } = this.#parts.settings.config;
    const secret = this.#parts.control?.pingSecret ?? '';
    const { isSaturated } = assess(this.#status());
    const receipt = await ping({ ...this.#door(), secret, mount, allowHost });
    return { ...receipt, waited: isSaturated };
  }

  /** The listener to ping through: rather one that refuses nobody. */
  #door(): Pick<PingTarget, 'address' | 'rules'> {
    const { allow, allowUid, allowGid } = this.#parts.settings.config;
    const rulesOfTcp = allow.length > 0 ? '--allow' : undefined;
    const isLimited = allowUid.length > 0 || allowGid.length > 0;
    const rulesOfUnix = isLimited ? '--allow-uid and --allow-gid' : undefined;
    const doors = this.#parts.dispatching.listeners.map(({ address, isTcp }) => ({
      address,
      rules: isTcp ? rulesOfTcp : rulesOfUnix,
    }));
    const reachable = doors.filter(({ address }) => address.kind !== 'fd');
    const best = reachable.find(({ rules }) => rules === undefined) ?? reachable[0] ?? doors[0];
    return best ?? { address: { kind: 'fd', fd: -1 }, rules: undefined };
  }
}
