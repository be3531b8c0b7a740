// CGI programs of a test's own, and what is left of them.

import fs from 'node:fs';
import path from 'node:path';
import { tempDir } from './temp-dir.ts';

/** Writes an executable script. @returns its path */
export function writeProgram(
  source: string,
  name = 'program.cgi',
  dir: string = tempDir(),
): string {
  const file = path.join(dir, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, source, { mode: 0o755 });
  return file;
}

/** Writes a script for /bin/sh, which answers with what `commands` print behind the head. */
export function writeShellProgram(commands: string, name?: string, dir?: string): string {
  return writeProgram(
    `#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n${commands}\n`,
    name,
    dir,
  );
}

/** Processes, dead and not yet reaped ones included, of which `belongs` is true. */
function processes(belongs: (stat: ProcessStat) => boolean): ProcessStat[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== undefined)
    .filter(belongs);
}

interface ProcessStat {
  pid: number;
  parent: number;
  group: number;
  /** `Z` for a zombie. */
  state: string;
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = '', group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, state, parent: Number(parent), group: Number(group) };
  } catch {
    // It is gone.
    return undefined;
  }
}

/** What `pid` has started and not reaped. */
export function childrenIncludingZombies(pid: number): ProcessStat[] {
  return processes(({ parent }) => parent === pid);
}

/** Who lives in the process group of `leader`. */
export function livingInGroup(leader: number): number[] {
  return processes(({ group, state }) => group === leader && state !== 'Z').map(({ pid }) => pid);
}

/** How many descriptors a process has open. */
export function openDescriptorCount(pid: number): number {
  return fs.readdirSync(`/proc/${pid}/fd`).length;
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
