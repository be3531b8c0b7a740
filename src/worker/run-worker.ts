// Binds a worker to this process, its channel and its signals.

import { OpenSockets } from '../connection/open-sockets.ts';
import type { Arrived } from '../connection/connection-options.ts';
import { StreamTransport } from '../connection/stream-transport.ts';
import type { Intake } from '../dispatch/intake.ts';
import type { RecyclingSettings, WorkerSettings } from '../ipc/messages.ts';
import { PRINT_MARK_VARIABLE } from '../ipc/print-mark.ts';
import type { WorkerChannel } from '../ipc/worker-channel.ts';
import { openWorkerChannel } from '../ipc/worker-channel.ts';
import { giveUpRights } from './give-up-rights.ts';
import { Recycling } from './recycling.ts';
import { openResidentSize } from './resident-size.ts';
import { currentRequest } from '../connection/request-scope.ts';
import { whenPrinted } from './last-prints.ts';
import { Printing } from './printing.ts';
import type { Watchdog } from './watchdog.ts';
import type { WatchedHandler } from './watched-handler.ts';
import { createWorkerLog } from './worker-log.ts';
import type { WorkerParts } from './worker.ts';
import { Worker } from './worker.ts';

/** Boots the worker that this process was started to be. */
export async function runWorker(): Promise<void> {
  const settings = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
  const channel = openWorkerChannel(process);
  const printMark = process.env[PRINT_MARK_VARIABLE];
  // The application and its children have no use for it.
  delete process.env[PRINT_MARK_VARIABLE];
  // Kept before a handler can replace it.
  const exit = process.exit.bind(process);
  const open = new OpenSockets();
  const { recycling } = settings;
  const residentSize = recycling?.maxMemory === undefined ? () => 0 : openResidentSize();
  const watchdog = await createWatchdog(settings);
  // First: what ties a process to its parent is undone when it becomes somebody else.
  await giveUpRights(settings, channel);
  const observe = watchdog?.start((error) => {
    createWorkerLog(channel, settings.logLevel).error('the slow log of this worker has ended', {
      err: error,
    });
  });
  const intake = await createIntake(settings, channel, open);
  const watched = settings.watch ? await watch(channel) : undefined;
  const isNative = settings.intake.type === 'native';
  const around = await statusPage(settings, channel);
  const printing = markPrints(printMark);
  const exitSoon = (code: number): void => whenPrinted(printing, () => exit(code));
  const base = {
    settings,
    isNative,
    channel,
    intake,
    open,
    printing,
    around,
    observe,
    exit: exitSoon,
  };
  const parts =
    recycling === undefined
      ? base
      : { ...base, recycling: createRecycling(recycling, { residentSize, channel, intake }) };
  const worker = new Worker({ ...parts, ...watched?.parts });

  process.title = `scgi-server: worker ${settings.slot}`;
  // The handler is not the program that node was started with, and these are no arguments of its own.
  process.argv.splice(2);
  hearProcess(worker, isNative);

  await worker.boot();
  watched?.booted();
}

/** Signals, and errors that nobody has handled. */
function hearProcess(worker: Worker, isNative: boolean): void {
  // A master that is gone takes the readers of these along.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  process.on('SIGUSR1', () => worker.tell());
  process.on('SIGTERM', () => worker.leave('SIGTERM'));
  process.on('SIGQUIT', () => worker.leave('SIGQUIT'));
  process.on('uncaughtException', (error, origin) => {
    const what = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
    void worker.die(error, what);
  });
  process.on('exit', (code) => worker.exited(code, isNative));
}

function createRecycling(
  settings: RecyclingSettings,
  {
    residentSize,
    channel,
    intake,
  }: { residentSize: () => number; channel: WorkerChannel; intake: Intake<Arrived> },
): Recycling {
  return new Recycling(settings, {
    residentSize,
    ask: (reason) => channel.send({ type: 'worn', reason, isResting: false }),
    rest: (reason) => {
      channel.send({ type: 'worn', reason, isResting: true });
      intake.refuseAll();
    },
  });
}

function markPrints(word: string | undefined): Printing | undefined {
  if (word === undefined) return undefined;
  return new Printing([process.stdout, process.stderr], { word, currentRequest });
}

/** Loaded as needed: what it makes watches for slow requests. */
async function createWatchdog(settings: WorkerSettings): Promise<Watchdog | undefined> {
  const { slowLog: afterMs, slowLogFd: fd, concurrency } = settings;
  if (afterMs === undefined || fd === undefined) return undefined;
  const { Watchdog } = await import('./watchdog.ts');
  return new Watchdog({ afterMs, fd, concurrency });
}

/** Loaded as needed: only where somebody works on the handler. */
async function watch(channel: WorkerChannel): Promise<WatchedHandler> {
  const { WatchedHandler } = await import('./watched-handler.ts');
  return new WatchedHandler(channel);
}

/** Loaded as needed: few servers show it behind their web server. */
async function statusPage(
  { statusPath }: WorkerSettings,
  channel: WorkerChannel,
): Promise<WorkerParts['around']> {
  if (statusPath === undefined) return undefined;
  const { showingStatus } = await import('./showing-status.ts');
  return (handler) => showingStatus(handler, statusPath, channel);
}

/** Loaded as needed: the native one brings the FFI library. */
async function createIntake(
  settings: WorkerSettings,
  channel: WorkerChannel,
  open: OpenSockets,
): Promise<Intake<Arrived>> {
  const { intake, slot, concurrency } = settings;
  if (intake.type === 'native') {
    const [{ NativeIntake }, { directConnections }] = await Promise.all([
      import('../dispatch/native/native-intake.ts'),
      import('../connection/direct-transport.ts'),
    ]);
    const toTransport = directConnections(open, intake.areLocal);
    const isPeeking = settings.cgi?.direct === true;
    return new NativeIntake({ ...intake, slot, concurrency, isPeeking }, ({ fd, arrived }) => ({
      transport: toTransport(fd, isPeeking ? arrived.length : 0),
      arrived,
    }));
  }
  const { PortableIntake } = await import('../dispatch/portable/portable-intake.ts');
  return new PortableIntake(channel, concurrency, (socket) => ({
    transport: new StreamTransport(socket, open),
  }));
}
