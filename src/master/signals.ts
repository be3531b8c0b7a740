// What signals mean to the master, as a table; and their installation.

import { EXIT_OK } from '../exit-codes.ts';
import type { Command } from './command.ts';

/** What a signal asks for; `undefined`: nothing, but it must not kill the process. */
export function commandForSignal(signal: NodeJS.Signals, isStopping: boolean): Command | undefined {
  switch (signal) {
    case 'SIGTERM':
    case 'SIGQUIT':
      return { type: 'stop', quick: isStopping, reason: signal, exitCode: EXIT_OK };
    case 'SIGINT':
      return { type: 'stop', quick: true, reason: signal, exitCode: EXIT_OK };
    default:
      return undefined;
  }
}

/** Signals without a meaning in this release; each would end a process that does not listen to it. */
const WITHOUT_MEANING: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGTTIN',
  'SIGTTOU',
];

/**
 * Calls `listener` for every signal that the master must survive, until the process ends: without a
 * listener a late SIGTERM would turn an orderly exit into a death, and SIGUSR1 open Node's inspector.
 */
export function listenToSignals(listener: (signal: NodeJS.Signals) => void): void {
  const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGQUIT', 'SIGINT', ...WITHOUT_MEANING];
  for (const signal of signals) process.on(signal, listener);
}
