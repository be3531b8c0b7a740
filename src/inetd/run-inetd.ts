// From the command line behind `inetd` to the exit code. What is wrong is told on standard error, which
// leads nowhere if it was the connection.

import fs from 'node:fs';
import { inspect } from 'node:util';
import { ServerError } from '../errors.ts';
import { EXIT_CONFIG, EXIT_SOFTWARE, EXIT_USAGE } from '../exit-codes.ts';
import { helpText, readInetdOptions, UsageError } from './command-line.ts';
import { serveInput } from './serve-input.ts';
import { printInto, STDERR } from '../standard-descriptors.ts';
import type { Input } from './take-input.ts';

/** Serves what this process was started with, then ends it. */
export async function runInetd(input: Input, args: readonly string[]): Promise<void> {
  try {
    const options = readInetdOptions(args);
    if (options === undefined) {
      process.stdout.write(helpText());
    } else if (input.kind === 'other') {
      throw new UsageError(notStarted(input.found));
    } else {
      if (options.logFile !== undefined) openLogFile(options.logFile);
      await serveInput(input, options);
    }
  } catch (error) {
    process.exitCode = report(error);
  }
}

function notStarted(found: string): string {
  return (
    `standard input is ${found}; expected a connection (inetd with nowait, tcpserver) or a listening ` +
    'socket (inetd with wait), which whoever starts this program passes to it. To listen itself, it is ' +
    'started without "inetd".'
  );
}

function openLogFile(path: string): void {
  try {
    printInto(path);
  } catch (cause) {
    const message = `--log-file: expected a file that can be added to: ${(cause as Error).message}`;
    throw new ServerError('ERR_SCGI_CONFIG', message, { cause });
  }
}

/** Prints what went wrong and returns the exit code for it. */
function report(error: unknown): number {
  const isUsage = error instanceof UsageError;
  const isConfig = error instanceof ServerError && error.code === 'ERR_SCGI_CONFIG';
  const text = isUsage || isConfig ? error.message : inspect(error);
  const help = isUsage ? '\nTry scgi-server inetd --help' : '';
  for (const line of `${text}${help}`.split('\n')) fs.writeSync(STDERR, `scgi-server: ${line}\n`);
  if (isUsage) return EXIT_USAGE;
  return isConfig ? EXIT_CONFIG : EXIT_SOFTWARE;
}
