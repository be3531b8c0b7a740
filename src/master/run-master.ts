// Builds a master from its configuration and runs it in this process until it is told to stop.

import type { Config } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import type { DispatcherEvents } from '../dispatch/dispatcher.ts';
import { EXIT_SOFTWARE } from '../exit-codes.ts';
import type { ServiceVariables } from '../inherited/service-variables.ts';
import { LogDestination } from '../ops/log-destination.ts';
import type { Logger } from '../ops/logger.ts';
import { createLogger } from '../ops/logger.ts';
import { createPidFile } from '../ops/pid-file.ts';
import { createServiceNotify } from '../ops/create-service-notify.ts';
import type { ServiceNotify } from '../ops/service-notify.ts';
import { watchdogInterval } from '../ops/watchdog-interval.ts';
import type { Privileges } from '../privileges/resolve-privileges.ts';
import { resolvePrivileges } from '../privileges/resolve-privileges.ts';
import type { Submit } from './command.ts';
import type { Dispatching } from './dispatching.ts';
import { bindForDispatch, maxProcesses } from './dispatching.ts';
import { GatewayProcess } from './gateway-process.ts';
import type { HandlerWatch } from './handler-watch.ts';
import type { Listener } from './listeners.ts';
import { kernelBacklogLimit } from './listeners.ts';
import { Master } from './master.ts';
import { Pool } from './pool.ts';
import { ServiceReport } from './service-report.ts';
import { SignalSource } from './signals.ts';
import { workerEnvironment } from './spawn-worker.ts';
import { StuckWorkers } from './stuck-workers.ts';
import { workerSettings } from './worker-settings.ts';

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
}

/**
 * Serves until stopped.
 *
 * @returns the exit code of the process
 * @throws ServerError when the addresses cannot be bound or the pid file not be written
 */
export async function runMaster(config: Config, { variables, warnings }: Started): Promise<number> {
  const destination = new LogDestination();
  const { logLevel: level, logFormat: format } = config;
  const log = createLogger({ level, format, destination, isTerminal: process.stderr.isTTY });
  for (const warning of warnings) log.warn(warning);
  const privileges = resolvePrivileges(config);
  const signals = new SignalSource();
  const service = createServiceNotify(config.notifyFd, variables, log);
  const pidFile = config.pidFile === undefined ? undefined : createPidFile(config.pidFile);
  let listeners: readonly Listener[] = [];
  const leaveNothing = (): void => {
    for (const listener of listeners) listener.unpublish();
    pidFile?.remove();
  };
  try {
    const dispatching = await bindForDispatch(config, log);
    listeners = dispatching.listeners;
    const ground = { dispatching, log, signals, service, variables, leaveNothing, privileges };
    return await serve(config, ground);
  } finally {
    leaveNothing();
    await destination.flush(LAST_LINES_MS);
    setTimeout(() => process.exit(), LAST_CONNECTIONS_MS).unref();
  }
}

/** What is there before the master is. */
interface Ground {
  dispatching: Dispatching;
  log: Logger;
  signals: SignalSource;
  service: ServiceNotify;
  variables: ServiceVariables;
  /** Removes the files that lead to us. */
  leaveNothing: () => void;
  /** What workers give up. */
  privileges: Privileges;
}

async function serve(config: Config, ground: Ground): Promise<number> {
  const { dispatching, log, service, privileges } = ground;
  const { listeners } = dispatching;
  announce(config, listeners, log);
  for (const warning of privileges.warnings) log.warn(warning);
  // The parts tell the master what happens, and the master is made of them.
  let master: Master | undefined;
  const submit: Submit = (command) => master?.submit(command);
  const dispatcher = dispatching.create(dispatcherEvents(submit, () => master?.loadChanged()));
  const pool = new Pool(poolOptions(config, privileges), { dispatcher, log, submit });
  const gateway = createGateway(config, ground, submit);
  const watch = await createWatch(config, submit);
  const { gracefulTimeout, maxWorkers, requestTimeout, queueTimeout } = config;
  const limits = { requestTimeout, queueTimeout };
  const stuck = new StuckWorkers({ workerAt: pool.workerAt, dispatcher, log, ...limits });
  const report = new ServiceReport({ service, dispatcher, pool, maxWorkers });
  const startsEmpty = config.minWorkers === 0 && config.spareWorkers === 0;
  const parts = { listeners, dispatcher, pool, stuck, gateway, watch, report, log };
  master = new Master({ ...parts, gracefulTimeout, startsEmpty });
  dieWith(pool, ground);
  const ended = master.run();
  const interval = watchdogInterval(ground.variables, process.pid);
  if (interval !== undefined) report.watch(interval);
  ground.signals.connect((signal) => submit({ type: 'signal', signal }));
  return ended;
}

function dispatcherEvents(submit: Submit, changed: () => void): DispatcherEvents {
  return {
    demand: () => submit({ type: 'demand' }),
    notice: (notice) => submit({ type: 'notice', notice }),
    stuck: (slot) => submit({ type: 'worker-stuck', slot }),
    overdue: (slot) => submit({ type: 'worker-late', slot }),
    changed,
  };
}

function poolOptions(
  config: Config,
  { settings: privileges, environment }: Privileges,
): ConstructorParameters<typeof Pool>[0] {
  const { minWorkers: min, spareWorkers: spare, maxWorkers: max, idleTimeout } = config;
  const { bootTimeout, gracefulTimeout } = config;
  return {
    limits: { min, spare, max, idleTimeout, maxProcesses: maxProcesses(config) },
    bootTimeout,
    gracefulTimeout,
    worker: { ...workerSettings(config), privileges },
    spawn: {
      nodeArgs: config.nodeArg,
      env: workerEnvironment(process.env, [...environment, ...config.env], config.clearEnv),
    },
  };
}

function createGateway(
  config: Config,
  { dispatching: { listeners }, privileges }: Ground,
  submit: Submit,
): GatewayProcess | undefined {
  const target = listeners.find(({ address }) => address.kind !== 'fd') ?? listeners[0];
  if (config.http === undefined || target === undefined) return undefined;
  const identity = privileges.settings?.identity;
  return new GatewayProcess({ ...config.http, identity }, target.address, (event) => {
    submit({ type: 'gateway', event });
  });
}

async function createWatch(
  { watch, handler }: Config,
  submit: Submit,
): Promise<HandlerWatch | undefined> {
  if (!watch || handler === undefined) return undefined;
  const { HandlerWatch: Watch } = await import('./handler-watch.ts');
  return new Watch(handler, (event) => submit({ type: 'watch', event }));
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
