// Who is told how far an exchange has come.

import type { Outcome } from './outcome.ts';

export interface ExchangeOwner {
  /** The head is on its way, or never will be: no other answer is possible. May be told more than once. */
  answering(): void;
  /** Our side of the connection is ended or cut; the handler still runs. */
  answered(): void;
  /** Answered, and the handler is done. Called once, whether or not `answered` was. */
  finished(outcome: Outcome): void;
}
