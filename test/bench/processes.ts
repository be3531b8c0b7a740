// Processes as /proc shows them: who descends from whom, and what they use.

import fs from 'node:fs';

export interface ProcessStat {
  parent: number;
  /** Clock ticks that it has used, user and system. */
  ticks: number;
  /** Those of its children that have ended and were reaped. */
  reapedTicks: number;
}

/** Returns all processes, by their ids. */
export function readProcesses(): Map<number, ProcessStat> {
  const all = new Map<number, ProcessStat>();
  for (const name of fs.readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(name) : undefined;
    if (stat !== undefined) all.set(Number(name), stat);
  }
  return all;
}

/** See proc_pid_stat(5). The name of the program, in brackets, may itself contain brackets. */
export function readStat(pid: number | string): ProcessStat | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return { parent: fields[1] ?? 0, ticks: utime + stime, reapedTicks: cutime + cstime };
  } catch {
    // It has ended.
    return undefined;
  }
}

/** Returns the children of a process: the workers, if it is a master. */
export function childrenOf(pid: number): number[] {
  return [...readProcesses()].filter(([, { parent }]) => parent === pid).map(([child]) => child);
}

/** Returns the memory of a process, bytes; of what several share each counts its part (PSS). */
export function proportionalMemory(pid: number): number {
  const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}

/** Returns how many descriptors a process has open. */
export function openDescriptors(pid: number): number {
  return fs.readdirSync(`/proc/${pid}/fd`).length;
}
