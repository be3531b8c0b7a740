// From the arguments to the exit code; the only place that prints an error to a person.

import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { type ErrorCode, ServerError } from '../errors.ts';
import { check } from './commands/check.ts';
import { serve } from './commands/serve.ts';
import * as exit from '../exit-codes.ts';
import { hushSharedStreams } from '../inherited/standard-input.ts';
import { closeInspector } from '../ops/close-inspector.ts';
import { createProgram } from './program.ts';

/** Errors that people can mend: one line each, without a stack. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  ERR_SCGI_CONFIG: exit.EXIT_CONFIG,
  ERR_SCGI_HANDLER_MISSING: exit.EXIT_NO_INPUT,
  ERR_SCGI_HANDLER_LOAD: exit.EXIT_CONFIG,
  ERR_SCGI_LISTEN: exit.EXIT_UNAVAILABLE,
  ERR_SCGI_CONNECT: exit.EXIT_UNAVAILABLE,
  ERR_SCGI_RESPONSE: exit.EXIT_SOFTWARE,
  ERR_SCGI_TIMEOUT: exit.EXIT_TIMEOUT,
};

/**
 * Runs the program and sets the exit code of the process.
 *
 * @param argv - as in `process.argv`: interpreter, script, arguments
 */
export async function main(argv: string[]): Promise<void> {
  closeInspector();
  hushSharedStreams();
  process.stdout.on('error', ignoreBrokenPipe);
  process.stderr.on('error', ignoreBrokenPipe);
  try {
    await createProgram({ serve, check }).parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Prints what went wrong and returns the exit code for it. */
function report(error: unknown): number {
  // Commander has printed its own already; help and version come as errors as well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.EXIT_OK : exit.EXIT_USAGE;
  const exitCode = error instanceof ServerError ? EXIT_CODES[error.code] : undefined;
  const text = exitCode === undefined ? inspect(error) : (error as ServerError).message;
  for (const line of text.split('\n')) process.stderr.write(`scgi-server: ${line}\n`);
  return exitCode ?? exit.EXIT_SOFTWARE;
}

/** Whoever read our output has seen enough, as `head` does; the rest goes nowhere. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
