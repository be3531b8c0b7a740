// Stops a process for a moment, so that nothing it could do is in the way of what is done meanwhile.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that runs stops within microseconds; one that waits for a disk, maybe never. Milliseconds. */
const STOPPED_WITHIN_MS = 200;
/** Where nobody says whether it has stopped, milliseconds. */
const PROBABLY_STOPPED_MS = 20;
const STOPPED = 'T';

/**
 * Runs `act` while the process is stopped.
 *
 * @returns what `act` returns; undefined when the process cannot be stopped, or is gone
 */
export async function whileHeldStill<Result>(
  pid: number,
  act: () => Result | Promise<Result>,
): Promise<Result | undefined> {
  // Somebody else has stopped it, who will let it go on.
  const wasStopped = (await stateOf(pid)) === STOPPED;
  if (!send(pid, 'SIGSTOP')) return undefined;
  try {
    return (await isStopped(pid)) ? await act() : undefined;
  } finally {
    if (!wasStopped) send(pid, 'SIGCONT');
  }
}

async function isStopped(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') {
    await delay(PROBABLY_STOPPED_MS);
    return true;
  }
  const deadline = performance.now() + STOPPED_WITHIN_MS;
  while (performance.now() < deadline) {
    const state = await stateOf(pid);
    if (state === STOPPED) return true;
    if (state === undefined) return false;
    await delay(1);
  }
  return false;
}

/** The letter of ps(1); undefined where it is not told. */
async function stateOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2);
  } catch {
    // The process is gone, or there is no /proc.
    return undefined;
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It is gone, or we may not.
    return false;
  }
}
