// When Node has accepted all that waits at its listeners.

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest wait, milliseconds. */
const LAST_ACCEPTS_MS = 1_000;

/**
 * Resolves when nothing more comes. libuv accepts one connection per listener and turn, so a turn without
 * any has seen an empty backlog. The first turn may still be the one that we are in.
 *
 * @param accepted - how many have come
 */
export async function backlogsEmpty(accepted: () => number): Promise<void> {
  const deadline = performance.now() + LAST_ACCEPTS_MS;
  for (let quiet = 0; quiet < 2 && performance.now() < deadline;) {
    const before = accepted();
    await nextTurn();
    quiet = accepted() === before ? quiet + 1 : 0;
  }
}
