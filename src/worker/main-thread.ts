// What the kernel says of the main thread of this process, for when that says nothing itself.

import { readFileSync } from 'node:fs';

export interface MainThread {
  /** A letter of proc(5): R is running; `undefined`: not known. */
  state: string | undefined;
  /** Programs that it has started, and that have not ended: names and process ids. */
  programs: string[];
}

const MOST_PROGRAMS = 10;

/** Returns what can be seen: on Linux, and where /proc is there in the root directory. */
export function seeMainThread(): MainThread {
  const own = `/proc/self/task/${process.pid}`;
  const stat = read(`${own}/stat`);
  const children = read(`${own}/children`).split(' ').slice(0, MOST_PROGRAMS);
  return {
    state: stat.at(stat.lastIndexOf(')') + 2),
    programs: children.flatMap((pid) => {
      const name = pid === '' ? '' : read(`/proc/${pid}/comm`).trim();
      return name === '' ? [] : `${name} (pid ${pid})`;
    }),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // Not Linux, another root directory, or a process that has ended.
    return '';
  }
}
