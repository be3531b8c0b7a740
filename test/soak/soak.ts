// npm run soak: the built server under a mix of everything that peers and handlers may do, while its workers
// are killed. Every answer is checked; at the end it must have leaked nothing. Needs koffi.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { posixUnavailable } from '../../src/posix/libc.ts';
import { faultsOf } from './faults.ts';
import type { Options } from './options.ts';
import { HELP, readOptions } from './options.ts';
import { formatReport } from './report.ts';
import { Soak, SoakError } from './run.ts';

const EXIT_FAULT = 1;
const EXIT_USAGE = 64;

/** Not part of the result, so that `--json` can be piped. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function checkTools(): void {
  const dist = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const noPosix = posixUnavailable();
  if (!existsSync(dist)) throw new Error('scgi-server is not built (npm run build)');
  if (noPosix !== undefined) throw new Error(`the load cannot run: ${noPosix}`);
}

async function soak(options: Options): Promise<void> {
  checkTools();
  const dir = mkdtempSync(path.join(os.tmpdir(), 'scgi-soak-'));
  const clean = (): void => rmSync(dir, { recursive: true, force: true });
  try {
    say(`${options.requests} requests, ${options.dispatch}, seed ${options.seed}`);
    const one = new Soak(options, dir, say);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        one.destroy();
        clean();
        process.exit(EXIT_FAULT);
      });
    }
    const run = await one.run();
    const faults = faultsOf(run);
    const json = `${JSON.stringify({ options, ...run, faults }, null, 2)}\n`;
    process.stdout.write(options.json ? json : `\n${formatReport(run, faults, options)}`);
    process.exitCode = faults.length === 0 ? 0 : EXIT_FAULT;
  } finally {
    clean();
  }
}

/** The soak did not come to its end: what is known of it by then. */
function complain(error: unknown): void {
  say(`soak: ${error instanceof Error ? error.message : String(error)}`);
  if (!(error instanceof SoakError)) return;
  const { tally, log } = error;
  say(JSON.stringify({ tally, surprises: log.surprises }, null, 2));
  say(`The last lines of the log:\n${log.tail}`);
}

let options: Options | undefined;
try {
  options = readOptions();
} catch (error) {
  complain(error);
  process.exit(EXIT_USAGE);
}
try {
  if (options === undefined) process.stdout.write(HELP);
  else await soak(options);
} catch (error) {
  complain(error);
  process.exitCode = EXIT_FAULT;
}
