// Binds a worker to this process, its channel and its signals.

import { OpenSockets } from '../connection/open-sockets.ts';
import type { Arrived } from '../connection/serve-connection.ts';
import { StreamTransport } from '../connection/stream-transport.ts';
import type { Intake } from '../dispatch/intake.ts';
import type { WorkerSettings } from '../ipc/messages.ts';
import type { WorkerChannel } from '../ipc/worker-channel.ts';
import { openWorkerChannel } from '../ipc/worker-channel.ts';
import { giveUpRights } from './give-up-rights.ts';
import type { WatchedHandler } from './watched-handler.ts';
import { Worker } from './worker.ts';

/** Boots the worker that this process was started to be. */
export async function runWorker(): Promise<void> {
  const settings = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
  const channel = openWorkerChannel(process);
  // Kept before a handler can replace it.
  const exit = process.exit.bind(process);
  const open = new OpenSockets();
  // First: what ties a process to its parent is undone when it becomes somebody else.
  await giveUpRights(settings, channel);
  const intake = await createIntake(settings, channel, open);
  const watched = settings.watch ? await watch(channel) : undefined;
  const isNative = settings.intake.type === 'native';
  const parts = { settings, isNative, channel, intake, open, exit };
  const worker = new Worker({ ...parts, ...watched?.parts });

  process.title = `scgi-server: worker ${settings.slot}`;
  // The handler is not the program that node was started with, and these are no arguments of its own.
  process.argv.splice(2);
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

  await worker.boot();
  watched?.booted();
}

/** Loaded as needed: only where somebody works on the handler. */
async function watch(channel: WorkerChannel): Promise<WatchedHandler> {
  const { WatchedHandler } = await import('./watched-handler.ts');
  return new WatchedHandler(channel);
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
