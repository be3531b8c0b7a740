// npm run bench: scgi-server behind nginx beside other ways to run Node.js there, in one run. It
// prints, and judges nothing. Needs nginx and wrk.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nginxVersion } from '../helpers/nginx.ts';
import { CONTENDERS, REFERENCE } from './contenders.ts';
import { describeMachine, formatMachine } from './machine.ts';
import { measure } from './measure.ts';
import { ROWS } from './rows.ts';
import type { Stand } from './stand.ts';
import { startStand } from './stand.ts';
import { formatTable } from './table.ts';
import { hasWrk } from './wrk.ts';

const HELP = `Usage: npm run bench -- [--seconds N] [--rounds N] [--workers N] [--json]

  --seconds N   length of each measurement (default 5)
  --rounds N    measurements of each contender in each row; medians are shown (default 3)
  --workers N   worker processes of each contender (default 4)
  --json        JSON instead of the table
`;

interface Options {
  seconds: number;
  rounds: number;
  workers: number;
  json: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      workers: { type: 'string', default: '4' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit();
  }
  return {
    seconds: wholeNumber('--seconds', values.seconds),
    rounds: wholeNumber('--rounds', values.rounds),
    workers: wholeNumber('--workers', values.workers),
    json: values.json,
  };
}

function wholeNumber(name: string, given: string): number {
  if (!/^[1-9]\d*$/.test(given)) throw new Error(`${name} takes a whole number, not "${given}"`);
  return Number(given);
}

function checkTools(): void {
  const dist = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const missing = [
    ...(nginxVersion() === undefined ? ['nginx is not installed (Debian: apt install nginx)'] : []),
    ...(hasWrk() ? [] : ['wrk is not installed (Debian: apt install wrk)']),
    ...(existsSync(dist) ? [] : ['scgi-server is not built (npm run build)']),
  ];
  if (missing.length > 0) throw new Error(missing.join('\n'));
}

/** Not part of the result, so that `--json` can be piped. */
function showProgress(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function bench(): Promise<void> {
  const options = readOptions();
  checkTools();
  const dir = mkdtempSync(path.join(os.tmpdir(), 'scgi-bench-'));
  const stands: Stand[] = [];
  const stopAll = async (): Promise<void> => {
    await Promise.allSettled(stands.map((stand) => stand.stop()));
    rmSync(dir, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stopAll().finally(() => process.exit(1)));
  }
  try {
    for (const contender of CONTENDERS) {
      stands.push(await startStand(contender, options.workers, dir));
    }
    const measurements = await measure({ ...options, rows: ROWS, stands, progress: showProgress });
    const machine = describeMachine();
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ machine, options, reference: REFERENCE, measurements }, null, 2)}\n`
        : `\n${formatMachine(machine)}${options.workers} workers each, ${options.rounds} rounds of ${options.seconds} s\n\n` +
            formatTable(measurements, REFERENCE),
    );
  } finally {
    await stopAll();
  }
}

try {
  await bench();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
