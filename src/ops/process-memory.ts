// How much memory processes have, where the kernel tells (Linux).

import fs from 'node:fs';
import { memoryUsage } from 'node:process';

/** @returns what tells the resident size of a process, bytes; `null`: not known, or it is gone */
export function memoryReader(): (pid: number) => number | null {
  const pageBytes = findPageBytes();
  return (pid) => {
    const pages = residentPages(pid);
    return pages === null || pageBytes === null ? null : pages * pageBytes;
  };
}

/** Pages have 4096 bytes, but on some machines of 64-bit ARM and POWER: what Node says of us in bytes tells. */
function findPageBytes(): number | null {
  const pages = residentPages(process.pid);
  return pages === null ? null : 2 ** Math.round(Math.log2(memoryUsage.rss() / pages));
}

function residentPages(pid: number): number | null {
  try {
    // size resident shared text lib data dt
    const [, resident] = fs.readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ');
    return Number(resident) || null;
  } catch {
    // It is gone, or this is another system.
    return null;
  }
}
