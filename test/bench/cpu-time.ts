// Processor time of a process and all that descend from it, from /proc.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

interface Stat {
  parent: number;
  ticks: number;
}

let ticksPerSecond: number | undefined;

/** Returns the time used so far, user and system, in microseconds; the kernel counts 10 ms at a time. */
export function cpuTime(root: number): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const all = readAll();
  let ticks = 0;
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    ticks += all.get(pid)?.ticks ?? 0;
    for (const [child, { parent }] of all) if (parent === pid) open.push(child);
  }
  return (ticks / ticksPerSecond) * 1_000_000;
}

function readAll(): Map<number, Stat> {
  const all = new Map<number, Stat>();
  for (const name of fs.readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(name) : undefined;
    if (stat !== undefined) all.set(Number(name), stat);
  }
  return all;
}

/** See proc_pid_stat(5). The name of the program, in brackets, may itself contain brackets. */
function readStat(pid: string): Stat | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    // utime, stime, and cutime, cstime: what children used that have ended and were reaped.
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return { parent: fields[1] ?? 0, ticks: utime + stime + cutime + cstime };
  } catch {
    // It has ended.
    return undefined;
  }
}
