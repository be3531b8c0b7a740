// Looks at a file that may be anything: missing, out of reach, or no possible path at all.

import type { Stats } from 'node:fs';
import { statSync } from 'node:fs';

/**
 * Returns what can be seen at `path`, if anything. Never throws: `throwIfNoEntry: false` of Node's own still does
 * for a file on the way to it, a circle of links, a name that is too long, or a network drive that is gone.
 */
export function statIfAny(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
