// What signals mean to the master, as a table; and their installation.

import type { Command } from './command.ts';

/** What a signal asks for; `undefined`: nothing, but it must not kill the process. */
export function commandForSignal(signal: NodeJS.Signals, isStopping: boolean): Command | undefined {
  switch (signal) {
    case 'SIGTERM':
    case 'SIGQUIT':
      return { type: 'stop', quick: isStopping, reason: signal, exitCode: 0 };
    case 'SIGINT':
      return { type: 'stop', quick: true, reason: signal, exitCode: 0 };
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

/** Calls `listener` for every signal that the master must survive. Returns what undoes it. */
export function listenToSignals(listener: (signal: NodeJS.Signals) => void): () => void {
  const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGQUIT', 'SIGINT', ...WITHOUT_MEANING];
  for (const signal of signals) process.on(signal, listener);
  return () => {
    // SIGUSR1 keeps a listener: without one it would open Node's inspector.
    for (const signal of signals) if (signal !== 'SIGUSR1') process.off(signal, listener);
  };
}
