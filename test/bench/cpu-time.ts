// Processor time of a process and all that descend from it, from /proc.

import { execFileSync } from 'node:child_process';
import { readProcesses, readStat } from './processes.ts';

let ticksPerSecond: number | undefined;

/** Returns the time used so far, user and system, in microseconds; the kernel counts 10 ms at a time. */
export function cpuTime(root: number): number {
  return microseconds(cpuTicks(root));
}

/** The same in clock ticks, as the kernel counts them. */
export function cpuTicks(root: number): number {
  const all = readProcesses();
  let ticks = 0;
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    const stat = all.get(pid);
    ticks += (stat?.ticks ?? 0) + (stat?.reapedTicks ?? 0);
    for (const [child, { parent }] of all) if (parent === pid) open.push(child);
  }
  return ticks;
}

/** Returns the time of this process's children that have ended. */
export function endedChildrenCpuTime(): number {
  return microseconds(readStat(process.pid)?.reapedTicks ?? 0);
}

function microseconds(ticks: number): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return (ticks / ticksPerSecond) * 1_000_000;
}
