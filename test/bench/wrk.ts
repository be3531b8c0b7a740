// Runs wrk, the load generator for HTTP, and reads its numbers.

import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { endedChildrenCpuTime } from './cpu-time.ts';
import type { LoadRun } from './load-run.ts';

const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url));
const run = promisify(execFile);

/** The line of wrk.lua. Errors: broken connections, time-outs and answers other than 2xx and 3xx. */
type Report = Omit<LoadRun, 'seconds' | 'cpuUs'> & { durationUs: number };

/** Whether wrk is installed. It has no option that succeeds, but it says who it is. */
export function hasWrk(): boolean {
  return spawnSync('wrk', ['-v']).error === undefined;
}

/**
 * Keeps `connections` connections busy for `seconds`, rounded up: wrk knows whole ones only. One
 * thread: the cores are the servers'.
 */
export async function runWrk(url: string, connections: number, seconds: number): Promise<LoadRun> {
  const args = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '-s', SCRIPT, url];
  const before = endedChildrenCpuTime();
  const { stdout } = await run('wrk', args);
  const cpuUs = endedChildrenCpuTime() - before;
  const json = /^JSON (.*)$/m.exec(stdout)?.[1];
  if (json === undefined) throw new Error(`wrk gave no numbers:\n${stdout}`);
  const { durationUs, ...report } = JSON.parse(json) as Report;
  return { ...report, seconds: durationUs / 1_000_000, cpuUs };
}
