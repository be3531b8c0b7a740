// What a path means to a process whose root directory is another: links inside of it are followed as
// they would be there. Reads links, and nothing else.

import { readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Most links on the way, as in the kernel (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Returns where in our own file system a path leads that is seen from inside of `root`.
 *
 * @param root - absolute
 * @param path - absolute, as it is seen there; a slash at its end stays
 */
export function pathInside(root: string, path: string): string {
  const names = path.split('/');
  const found: string[] = [];
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '..') found.pop();
    if (['', '.', '..'].includes(name)) continue;
    const target = targetOf(join(root, ...found, name));
    if (target === undefined) found.push(name);
    // Whoever opens the path is told.
    else if (++links > MOST_LINKS) return join(root, path);
    else {
      if (target.startsWith('/')) found.length = 0;
      names.unshift(...target.split('/'));
    }
  }
  return join(root, ...found) + (path.endsWith('/') && found.length > 0 ? '/' : '');
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // It is no link, or not there, which is for whoever opens it.
    return undefined;
  }
}
