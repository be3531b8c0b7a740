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
    case 'SIGHUP':
    case 'SIGUSR2':
      return { type: 'reload', onlyCode: signal === 'SIGUSR2', reason: signal };
    case 'SIGTTIN':
    case 'SIGTTOU':
      return { type: 'scale', to: signal === 'SIGTTIN' ? 'more' : 'fewer', reason: signal };
    case 'SIGALRM':
      return { type: 'log-status' };
    default:
      return undefined;
  }
}

/** Each would end a process that does not listen to it, whether it has a meaning here or not. */
const SIGNALS: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGQUIT',
  'SIGINT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGTTIN',
  'SIGTTOU',
];

/**
 * Listens to every signal that the master must survive, from its making until the process ends: a
 * signal that comes early waits, one that comes late does no harm, and SIGUSR1 never opens Node's
 * inspector.
 */
export class SignalSource {
  #early: NodeJS.Signals[] = [];
  #listener: (signal: NodeJS.Signals) => void = (signal) => this.#early.push(signal);

  constructor() {
    for (const signal of SIGNALS) process.on(signal, () => this.#listener(signal));
  }

  /** Gives `listener` every signal, those that have waited first. */
  connect(listener: (signal: NodeJS.Signals) => void): void {
    this.#listener = listener;
    for (const signal of this.#early.splice(0)) listener(signal);
  }
}
