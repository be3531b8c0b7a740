// Builds a master from its configuration and runs it in this process until it is told to stop.

import type { Config } from '../config/config.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { EXIT_SOFTWARE } from '../exit-codes.ts';
import type { ServiceVariables } from '../inherited/service-variables.ts';
import type { Logger } from '../ops/logger.ts';
import { createPidFile } from '../ops/pid-file.ts';
import { ServerLog } from '../ops/server-log.ts';
import { createServiceNotify } from '../ops/create-service-notify.ts';
import { watchdogInterval } from '../ops/watchdog-interval.ts';
import { resolvePrivileges } from '../privileges/resolve-privileges.ts';
import type { MasterGround } from './build-master.ts';
import { buildMaster } from './build-master.ts';
import type { Control } from './control.ts';
import { openControl } from './control.ts';
import { bindForDispatch } from './dispatching.ts';
import type { Listener } from './listeners.ts';
import { kernelBacklogLimit } from './listeners.ts';
import type { Pool } from './pool.ts';
import { Settings } from './settings.ts';
import { SignalSource } from './signals.ts';
import type { StatusPages } from './status-pages.ts';
import { openStatusPages } from './status-pages.ts';

/** Longest time for the last lines of the log, milliseconds: its reader may have stopped. */
const LAST_LINES_MS = 500;
/** A connection that is still open when all is done is cut after this long, milliseconds. */
const LAST_CONNECTIONS_MS = 300;

/** What this process was started with, beside its configuration. */
export interface Started {
  /** Of the service manager's. */
  variables: ServiceVariables;
  /** What the log is to tell first. */
  warnings: readonly string[];
  /** Reads and checks the configuration again. */
  read: () => Promise<ResolvedConfig>;
}

/**
 * Serves until stopped.
 *
 * @returns the exit code of the process
 * @throws ServerError when the addresses cannot be bound, a log file not be opened or the pid file not be written
 */
export async function runMaster(resolved: ResolvedConfig, started: Started): Promise<number> {
  const { variables, warnings, read } = started;
  const { config } = resolved;
  const logs = new ServerLog(config);
  const { log } = logs;
  for (const warning of warnings) log.warn(warning);
  const privileges = resolvePrivileges(config);
  const signals = new SignalSource();
  const service = createServiceNotify(config.notifyFd, variables, log);
  const pidFile = config.pidFile === undefined ? undefined : createPidFile(config.pidFile);
  let listeners: readonly Listener[] = [];
  let control: Control | undefined;
  let exitCode: number | undefined;
  let statusPages: StatusPages | undefined;
  const leaveNothing = (): void => {
    for (const listener of listeners) listener.unpublish();
    control?.unpublish();
    pidFile?.remove();
  };
  try {
    control = await openControl(config.control);
    statusPages = await openStatusPages(config, log);
    const dispatching = await bindForDispatch(config, log);
    listeners = dispatching.listeners;
    const settings = new Settings(resolved, read);
    const given = { variables, privileges, control, statusPages };
    const ground = { dispatching, log, logs, signals, service, leaveNothing, ...given };
    exitCode = await serve(settings, ground);
    return exitCode;
  } finally {
    leaveNothing();
    control?.close(exitCode);
    statusPages?.close();
    await logs.flush(LAST_LINES_MS);
    setTimeout(() => process.exit(), LAST_CONNECTIONS_MS).unref();
  }
}

/** What is there before the master is. */
interface Ground extends MasterGround {
  logs: ServerLog;
  signals: SignalSource;
  variables: ServiceVariables;
  /** Removes the files that lead to us. */
  leaveNothing: () => void;
}

async function serve(settings: Settings, ground: Ground): Promise<number> {
  const { dispatching, log, privileges, control, statusPages, signals } = ground;
  announce(settings.config, dispatching.listeners, log);
  for (const warning of privileges.warnings) log.warn(warning);
  const { master, pool, report, operations } = await buildMaster(settings, ground);
  control?.serve(operations);
  statusPages?.serve(operations);
  dieWith(pool, ground);
  const ended = master.run();
  const interval = watchdogInterval(ground.variables, process.pid);
  if (interval !== undefined) report.watch(interval);
  signals.connect((signal) => {
    if (signal === 'SIGUSR1') ground.logs.reopen();
    else master.submit({ type: 'signal', signal });
  });
  return ended;
}

function announce(config: Config, listeners: readonly Listener[], log: Logger): void {
  const workers = `${config.minWorkers} to ${config.maxWorkers} workers`;
  log.info(`scgi-server starts: pid ${process.pid}, node ${process.version}, ${workers}`);
  for (const { address, passedAs } of listeners) {
    const origin = passedAs === undefined ? '' : ` (inherited: ${passedAs})`;
    log.info(`listening on ${formatListenAddress(address)}${origin}`);
  }
  if (config.watch) {
    log.warn('--watch is for development, never for production: it shows errors to whoever asks');
  }
  const limit = kernelBacklogLimit();
  if (limit !== undefined && limit < config.backlog) {
    log.warn(
      `the kernel cuts --backlog ${config.backlog} to ${limit}; raise net.core.somaxconn to have it all`,
    );
  }
}

/** A bug of the master: nothing can be relied on any more, so the workers go and a supervisor restarts us. */
function dieWith(pool: Pool, { log, leaveNothing }: Ground): void {
  process.on('uncaughtException', (error, origin) => {
    log.error(`${origin} in the master: it exits, and its workers with it`, { err: error });
    pool.killAll();
    leaveNothing();
    process.exit(EXIT_SOFTWARE);
  });
}
