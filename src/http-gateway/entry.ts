// Process entry of the gateway's child process. Settings come as JSON in the first argument; the master
// is told over IPC when the gateway is ready or why it is not. It never outlives the master.

import { dropPrivileges } from '../privileges/drop-privileges.ts';
import type { GatewayCommand, GatewayReport, GatewaySettings } from './messages.ts';

/** Time for running requests after a TERM from elsewhere; the master names its own. */
const TERM_GRACE_MS = 10_000;

process.title = 'scgi-server: http gateway';
guardSignals();
process.on('disconnect', () => process.exit(0));
void run().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));

/** Ctrl-C and its like go to the whole process group: they are for the master to judge. */
function guardSignals(): void {
  const ignored = ['SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGALRM', 'SIGTTIN', 'SIGTTOU'] as const;
  for (const signal of ignored) process.on(signal, () => undefined);
  // Without a listener of ours Node would open its inspector.
  process.on('SIGUSR1', () => undefined);
}

async function run(): Promise<void> {
  // Imported late, so that no signal finds the process unguarded while its modules load.
  const { startGateway } = await import('./gateway-server.ts');
  const { identity, ...settings } = JSON.parse(process.argv[2] ?? '{}') as GatewaySettings;
  // What comes from browsers is parsed with no more rights than the handler has.
  if (identity !== undefined) await dropPrivileges({ identity }, false);
  const gateway = await startGateway({ ...settings, report });
  const stop = (graceMs: number) => void gateway.stop(graceMs).then(() => process.exit(0));
  process.on('SIGTERM', () => stop(TERM_GRACE_MS));
  process.on('SIGQUIT', () => stop(TERM_GRACE_MS));
  process.on('message', (command: GatewayCommand) => stop(command.graceMs));
  await tell({ type: 'ready', url: gateway.url });
}

async function fail(message: string): Promise<void> {
  // The master has its own line for it.
  if (process.connected) await tell({ type: 'failed', message });
  else report(message);
  process.exit(1);
}

/** Resolves when the message is on its way; a master that is gone is noticed by 'disconnect'. */
function tell(message: GatewayReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}

function report(line: string): void {
  process.stderr.write(`http gateway: ${line}\n`);
}
