// npm run bench: scgi-server beside other servers for the same work, alone and behind nginx, in one
// run. It prints, and judges nothing. Needs nginx and wrk; of the others it takes whom it finds.

import { existsSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { posixUnavailable } from '../../src/posix/libc.ts';
import { nginxVersion } from '../helpers/nginx.ts';
import { REFERENCES } from './contenders/all.ts';
import type { Machine } from './machine.ts';
import { describeMachine, formatMachine } from './machine.ts';
import type { Options } from './options.ts';
import { HELP, readOptions } from './options.ts';
import type { Results } from './results.ts';
import { runRows } from './run-rows.ts';
import type { Stoppable } from './stand.ts';
import { formatResults } from './table.ts';
import { hasWrk } from './wrk.ts';

function checkTools(): void {
  const dist = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const noPosix = posixUnavailable();
  const missing = [
    ...(nginxVersion() === undefined ? ['nginx is not installed (Debian: apt install nginx)'] : []),
    ...(hasWrk() ? [] : ['wrk is not installed (Debian: apt install wrk)']),
    ...(existsSync(dist) ? [] : ['scgi-server is not built (npm run build)']),
    ...(noPosix === undefined ? [] : [`the load generator cannot run: ${noPosix}`]),
  ];
  if (missing.length > 0) throw new Error(missing.join('\n'));
}

/** Not part of the result, so that `--json` can be piped. */
function showProgress(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function bench(options: Options): Promise<void> {
  checkTools();
  const parent = mkdtempSync(path.join(os.tmpdir(), 'scgi-bench-'));
  // Workers of other accounts have to reach their sockets in it.
  chmodSync(parent, 0o755);
  const running = new Set<Stoppable>();
  const stopAll = async (): Promise<void> => {
    await Promise.allSettled([...running].map((one) => one.stop()));
    rmSync(parent, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stopAll().finally(() => process.exit(1)));
  }
  try {
    const machine = describeMachine();
    const results = await runRows({ ...options, parent, running, progress: showProgress });
    process.stdout.write(format(machine, results, options));
  } finally {
    await stopAll();
  }
}

function format(machine: Machine, results: Results, options: Options): string {
  if (options.json) return `${JSON.stringify({ machine, options, ...results }, null, 2)}\n`;
  const versions = Object.entries(results.versions).map((entry) => entry.join(' '));
  return (
    `\n${formatMachine(machine)}${versions.join(', ')}\n` +
    `Medians of interleaved rounds: ${options.rounds}, of ${options.seconds} s\n\n` +
    formatResults(results, REFERENCES)
  );
}

try {
  const options = readOptions();
  if (options === undefined) process.stdout.write(HELP);
  else await bench(options);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
