// Runs wrk, the load generator, and reads its numbers.

import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url));
const run = promisify(execFile);

export interface WrkRun {
  requests: number;
  durationUs: number;
  p50Us: number;
  p99Us: number;
  /** Broken connections, time-outs and answers other than 2xx and 3xx. */
  errors: number;
}

/** Whether wrk is installed. It has no option that succeeds, but it says who it is. */
export function hasWrk(): boolean {
  return spawnSync('wrk', ['-v']).error === undefined;
}

/** Keeps `connections` connections busy for `seconds`. One thread: the cores are the servers'. */
export async function runWrk(url: string, connections: number, seconds: number): Promise<WrkRun> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT, url];
  const { stdout } = await run('wrk', args);
  const json = /^JSON (.*)$/m.exec(stdout)?.[1];
  if (json === undefined) throw new Error(`wrk gave no numbers:\n${stdout}`);
  return JSON.parse(json) as WrkRun;
}
