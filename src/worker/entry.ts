// The entry of a worker process. Before anything is loaded it sees to it that no signal meant for
// the master ends a worker, and that SIGUSR1 opens Node's inspector to nobody.

import inspector from 'node:inspector';

for (const signal of ['SIGUSR1', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGALRM', 'SIGTTIN', 'SIGTTOU']) {
  process.on(signal, () => {});
}
// It may have come while Node itself was starting. `--disable-sigusr1`, of Node 22, would prevent
// that, but it blocks the signal for good, and a worker tells at SIGUSR1 what it is doing.
const isWanted = process.execArgv.some((argument) => argument.startsWith('--inspect'));
if (inspector.url() !== undefined && !isWanted) inspector.close();

const { runWorker } = await import('./run-worker.ts');
await runWorker();
