// How many descriptors a process has open.

import fs from 'node:fs';
import { waitFor } from '../helpers/wait-for.ts';

/** At rest a server lets go of its last connections within this time. */
const SETTLED_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 100;

export function countDescriptors(pid: number): number {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    // It has ended.
    return Number.NaN;
  }
}

/** Returns the counts of all `pids` once they have not changed for a second; the last ones if that never comes. */
export async function settledDescriptors(pids: readonly number[]): Promise<number[]> {
  const look = (): number[] => pids.map(countDescriptors);
  let last = look();
  let sameSince = performance.now();
  const isSettled = async (): Promise<boolean> => {
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_EVERY_MS);
    });
    const now = look();
    if (now.some((count, n) => count !== last[n])) sameSince = performance.now();
    last = now;
    return performance.now() - sameSince >= 1_000;
  };
  await waitFor('descriptors that stay the same', isSettled, SETTLED_WITHIN_MS).catch(() => {});
  return last;
}

/** What is open, for a report: `socket:[1234]` and the like. */
export function listDescriptors(pid: number): string[] {
  try {
    return fs
      .readdirSync(`/proc/${pid}/fd`)
      .map((fd) => `${fd} ${target(`/proc/${pid}/fd/${fd}`)}`);
  } catch {
    return [];
  }
}

function target(link: string): string {
  try {
    return fs.readlinkSync(link);
  } catch {
    // Closed in the meantime.
    return '?';
  }
}
