// Takes what waits at a listener, whoever is free to serve it.

import { EXHAUSTED, NOTHING } from '../../posix/answers.ts';
import type { Descriptor } from '../../posix/descriptor.ts';
import { accept } from '../../posix/sockets.ts';

/** Most connections at once: others want their turn. */
const MOST = 256;

/** Accepts until nothing waits, or no descriptor is left. The caller owns what it gets. */
export function* acceptSome(listener: Descriptor): Generator<number> {
  for (let i = 0; i < MOST; i++) {
    const fd = accept(listener);
    if (fd === NOTHING || fd === EXHAUSTED) return;
    if (fd >= 0) yield fd;
  }
}
