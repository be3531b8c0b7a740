// The entry of a worker process. Before anything else is loaded it sees to it that no signal meant
// for the master ends a worker, and that SIGUSR1 opens Node's inspector to nobody.

import { closeInspector } from '../ops/close-inspector.ts';

for (const signal of ['SIGUSR1', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGALRM', 'SIGTTIN', 'SIGTTOU']) {
  process.on(signal, () => {});
}
closeInspector();

void import('./run-worker.ts').then(({ runWorker }) => runWorker());
