// Starts the worker that the dispatcher contract is run with.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DispatchRig } from './dispatcher-rig.ts';

const WORKER = fileURLToPath(new URL('../fixtures/workers/contract-worker.mjs', import.meta.url));

/** Returns what starts workers of `concurrency` credits, each with a limit of descriptors if need be. */
export function spawnContractWorker(concurrency: number): DispatchRig['spawn'] {
  return (slot, limits, line) => {
    const command = `ulimit -n ${limits?.descriptors ?? 1024}; exec "$0" "$@"`;
    const settings = { slot, concurrency, ...line.intake };
    const args = ['-c', command, process.execPath, WORKER, JSON.stringify(settings)];
    return spawn('/bin/sh', args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...line.descriptors],
    });
  };
}
