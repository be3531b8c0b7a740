// When a listening socket of Node's has nothing more in its backlog, which Node does not say.

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time that backlogs are emptied, milliseconds. */
const LAST_ACCEPTS_MS = 1_000;

/** Resolves when no more connections come. @param accepted - how many have so far */
export async function backlogsAreEmpty(accepted: () => number): Promise<void> {
  const deadline = performance.now() + LAST_ACCEPTS_MS;
  // libuv accepts one connection per listener and turn, so a turn without any has seen an empty
  // backlog. The first turn may still be the one that we are in.
  for (let quiet = 0; quiet < 2 && performance.now() < deadline;) {
    const before = accepted();
    await nextTurn();
    quiet = accepted() === before ? quiet + 1 : 0;
  }
}
