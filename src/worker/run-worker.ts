// Binds a worker to this process, its channel and its signals.

import type { Intake } from '../dispatch/intake.ts';
import type { WorkerSettings } from '../ipc/messages.ts';
import type { WorkerChannel } from '../ipc/worker-channel.ts';
import { openWorkerChannel } from '../ipc/worker-channel.ts';
import { Worker } from './worker.ts';

/** Boots the worker that this process was started to be. */
export async function runWorker(): Promise<void> {
  const settings = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
  const channel = openWorkerChannel(process);
  // Kept before a handler can replace it.
  const exit = process.exit.bind(process);
  const intake = await createIntake(settings, channel);
  const worker = new Worker({ settings, channel, intake, exit });

  process.title = `scgi-server: worker ${settings.slot}`;
  // Handlers look at their own arguments, not at ours.
  process.argv.splice(1, 2, ...(settings.handler === undefined ? [] : [settings.handler]));
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

  await worker.boot();
}

/** Loaded as needed: the native one brings the FFI library. */
async function createIntake(settings: WorkerSettings, channel: WorkerChannel): Promise<Intake> {
  const { intake, slot, concurrency } = settings;
  if (intake.type === 'native') {
    const { NativeIntake } = await import('../dispatch/native/native-intake.ts');
    return new NativeIntake({ ...intake, slot, concurrency });
  }
  const { PortableIntake } = await import('../dispatch/portable/portable-intake.ts');
  return new PortableIntake(channel, concurrency);
}
