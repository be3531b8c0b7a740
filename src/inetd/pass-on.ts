// Where no C function can be called, a socket can be moved from standard input to another descriptor only
// by starting a process that gets it there. That one serves, and this one waits for its end.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EXIT_SOFTWARE } from '../exit-codes.ts';
import { inputListens } from '../inherited/standard-input.ts';
import { dropInput, isInput, STDERR, STDIN, STDOUT } from '../standard-descriptors.ts';

/** Starts a second process that serves the socket on standard input, and ends as that one does. */
export function passOn(args: readonly string[]): void {
  const kind = inputListens() ? 'listener' : 'connection';
  const entry = fileURLToPath(import.meta.url);
  const stderr = isInput(STDERR) ? 'ignore' : STDERR;
  const stdout = isInput(STDOUT) ? stderr : STDOUT;
  const child = spawn(process.execPath, [...process.execArgv, entry, kind, ...args], {
    stdio: ['ignore', stdout, stderr, STDIN],
  });
  child.on('exit', (code) => process.exit(code ?? EXIT_SOFTWARE));
  child.on('error', () => process.exit(EXIT_SOFTWARE));
  for (const signal of ['SIGTERM', 'SIGQUIT', 'SIGINT'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  // An answered connection is open for as long as anybody holds it.
  dropInput();
}
