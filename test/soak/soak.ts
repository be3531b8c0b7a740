// npm run soak: the built server for longer than any test, in several scenarios. Needs koffi.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { posixUnavailable } from '../../src/posix/libc.ts';
import { BUSY } from './busy.ts';
import { LEAK } from './leak.ts';
import type { Options } from './options.ts';
import { readOptions, USAGE } from './options.ts';
import { RELOADS } from './reloads.ts';
import type { Result, Scenario } from './scenario.ts';
import { STORM } from './storm.ts';
import { STUCK } from './stuck.ts';

const SCENARIOS: readonly Scenario[] = [STORM, RELOADS, STUCK, LEAK, BUSY];

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

async function play(scenario: Scenario, options: Options): Promise<Result> {
  say(`${scenario.name}: ${scenario.what}`);
  const dir = mkdtempSync(path.join(os.tmpdir(), 'scgi-soak-'));
  const cleaning = [(): void => rmSync(dir, { recursive: true, force: true })];
  const interrupt = (): void => {
    for (const clean of cleaning.toReversed()) clean();
    process.exit(EXIT_FAULT);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, interrupt);
  try {
    return await scenario.run(options, {
      dir,
      say,
      onInterrupt: (clean) => void cleaning.push(clean),
    });
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
    cleaning[0]?.();
  }
}

async function soak(options: Options): Promise<void> {
  checkTools();
  const asked = ({ name }: Scenario): boolean =>
    options.scenarios.length === 0 || options.scenarios.includes(name);
  const results: Result[] = [];
  for (const scenario of SCENARIOS.filter(asked)) {
    const result = await play(scenario, options);
    results.push(result);
    if (!options.json) process.stdout.write(`\n${format(result)}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ options, results }, null, 2)}\n`);
  if (results.some(({ faults }) => faults.length > 0)) process.exitCode = EXIT_FAULT;
}

function format({ title, rows, faults }: Result): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.map(([name, value]) => name.padEnd(width) + value);
  const verdict = faults.length === 0 ? ['All is well.'] : ['Wrong:', ...faults];
  return `${[title, '', ...lines, '', ...verdict].join('\n')}\n`;
}

function complain(error: unknown): void {
  say(`soak: ${error instanceof Error ? error.message : String(error)}`);
}

function help(): string {
  const width = Math.max(...SCENARIOS.map(({ name }) => name.length)) + 2;
  const lines = SCENARIOS.map(({ name, what }) => `  ${name.padEnd(width)}${what}`);
  return `${USAGE}\nScenarios:\n${lines.join('\n')}\n`;
}

let options: Options | undefined;
try {
  options = readOptions(SCENARIOS.map(({ name }) => name));
} catch (error) {
  complain(error);
  process.exit(EXIT_USAGE);
}
try {
  if (options === undefined) process.stdout.write(help());
  else await soak(options);
} catch (error) {
  complain(error);
  process.exitCode = EXIT_FAULT;
}
