// Takes what waits at a listener, whoever is free to serve it.

import { EXHAUSTED, NOTHING } from '../../posix/answers.ts';
import type { Descriptor } from '../../posix/descriptor.ts';
import { accept } from '../../posix/sockets.ts';

/** Most connections at once: others want their turn. */
const MOST = 256;

/**
 * Accepts until nothing waits, or no descriptor is left.
 *
 * @param take - gets each connection, and owns it
 * @returns whether more may wait
 */
export function acceptSome(listener: Descriptor, take: (fd: number) => void): boolean {
  for (let i = 0; i < MOST; i++) {
    const fd = accept(listener);
    if (fd === NOTHING || fd === EXHAUSTED) return fd === EXHAUSTED;
    if (fd >= 0) take(fd);
  }
  return true;
}
