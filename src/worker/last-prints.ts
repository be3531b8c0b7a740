// Before a worker exits, its reader gets the time to take what is printed and not yet in the pipes.

import type { Printing } from './printing.ts';

/** Longest time for that, milliseconds: the reader may have stopped. */
const LONGEST_MS = 500;
const POLL_MS = 10;

/** Calls `then` when all that was printed is in the pipes, or the time for it is over; mostly at once. */
export function whenPrinted(
  printing: Pick<Printing, 'pendingBytes'> | undefined,
  then: () => void,
  deadline: number = performance.now() + LONGEST_MS,
): void {
  if (printing === undefined || printing.pendingBytes === 0 || performance.now() >= deadline)
    then();
  else setTimeout(() => whenPrinted(printing, then, deadline), POLL_MS);
}
