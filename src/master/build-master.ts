// Makes a master of its parts, which tell it what happens.

import type { Config } from '../config/config.ts';
import type { Dispatcher, DispatcherEvents } from '../dispatch/dispatcher.ts';
import { Chronicle } from '../ops/chronicle.ts';
import type { ChangeableLogger } from '../ops/logger.ts';
import type { Operations } from '../ops/operations.ts';
import type { ServiceNotify } from '../ops/service-notify.ts';
import type { Privileges } from '../privileges/resolve-privileges.ts';
import type { Submit } from './command.ts';
import type { Control } from './control.ts';
import type { Dispatching } from './dispatching.ts';
import { maxProcesses, mostWorkers } from './dispatching.ts';
import { GatewayProcess } from './gateway-process.ts';
import type { HandlerWatch } from './handler-watch.ts';
import { listenQueues } from './listen-queues.ts';
import { Master } from './master.ts';
import { OperatorDesk } from './operator-desk.ts';
import { Pool } from './pool.ts';
import type { PoolGround } from './pool-settings.ts';
import { poolSettings } from './pool-settings.ts';
import { ServerFigures } from './server-figures.ts';
import { ServiceReport } from './service-report.ts';
import type { Settings } from './settings.ts';
import type { StatusPages } from './status-pages.ts';
import { StuckWorkers } from './stuck-workers.ts';

/** What a master needs of those who were there before it. */
export interface MasterGround {
  dispatching: Dispatching;
  log: ChangeableLogger;
  service: ServiceNotify;
  control: Control | undefined;
  statusPages: StatusPages | undefined;
  /** What workers give up. */
  privileges: Privileges;
}

/** A master, and those of its parts that others deal with as well. */
export interface BuiltMaster {
  master: Master;
  pool: Pool;
  report: ServiceReport;
  operations: Operations;
}

export async function buildMaster(settings: Settings, ground: MasterGround): Promise<BuiltMaster> {
  const { dispatching, log, service, privileges, control, statusPages } = ground;
  const { config } = settings;
  // The parts tell the master what happens, and the master is made of them.
  let master: Master | undefined;
  const submit: Submit = (command) => master?.submit(command);
  const dispatcher = dispatching.create(dispatcherEvents(submit, () => master?.loadChanged()));
  const room: PoolGround = {
    privileges,
    mostWorkers: mostWorkers(config),
    pingDigest: control?.pingDigest,
  };
  const chronicle = new Chronicle();
  const poolParts = { dispatcher, log, submit, chronicle, maxProcesses: maxProcesses(config) };
  const pool = new Pool(poolSettings(config, room), poolParts);
  const stuck = new StuckWorkers({ workers: pool.workers, dispatcher, log, settings });
  const watch = await createWatch(config, submit);
  const startsEmpty = config.minWorkers === 0 && config.spareWorkers === 0;
  const report = new ServiceReport({ service, dispatcher, pool, startsEmpty });
  const figures = createFigures(config, dispatching, { dispatcher, pool, chronicle });
  const phase = (): Master['phase'] => master?.phase ?? 'serving';
  const desk = new OperatorDesk({ ...ground, settings, dispatcher, pool, phase, figures });
  master = new Master({
    listeners: dispatching.listeners,
    dispatcher,
    pool,
    stuck,
    gateway: createGateway(config, ground, submit),
    watch,
    statusPages,
    report,
    log,
    settings,
    figures,
    startsEmpty,
    mostWorkers: room.mostWorkers,
    rollout: {
      chronicle,
      poolSettings: (next) => poolSettings(next, room),
      change: (next) => {
        log.change({ level: next.logLevel, format: next.logFormat });
        dispatcher.change(next);
        if (next.handler !== undefined) watch?.add([next.handler], Date.now());
      },
    },
    logStatus: () => void desk.logStatus(),
  });
  return { master, pool, report, operations: desk.operations(submit) };
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

function createFigures(
  { concurrency, backlog, control, status, statusPath }: Config,
  dispatching: Dispatching,
  { dispatcher, pool, chronicle }: { dispatcher: Dispatcher; pool: Pool; chronicle: Chronicle },
): ServerFigures {
  return new ServerFigures({
    dispatcher,
    workers: pool.workers,
    chronicle,
    concurrency,
    queues: listenQueues(dispatching, backlog),
    isNative: dispatching.kind === 'native',
    isWatched: (control ?? status ?? statusPath) !== undefined,
  });
}

function createGateway(
  config: Config,
  { dispatching: { listeners }, privileges }: MasterGround,
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
