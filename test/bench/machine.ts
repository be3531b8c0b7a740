// On what the numbers were measured: without it they say nothing.

import os from 'node:os';
import { nginxVersion } from '../helpers/nginx.ts';

export interface Machine {
  cores: number;
  cpu: string;
  system: string;
  node: string;
  nginx: string;
  date: string;
  /** Of the last minute, before anything is measured: what else the machine had to do. */
  load: number;
}

export function describeMachine(): Machine {
  return {
    cores: os.availableParallelism(),
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    nginx: nginxVersion() ?? 'none',
    date: new Date().toISOString(),
    load: os.loadavg()[0] ?? Number.NaN,
  };
}

export function formatMachine(machine: Machine): string {
  const { cores, cpu, system, node, nginx, date, load } = machine;
  return (
    `${cores} cores of ${cpu}, ${system}, load average before ${load.toFixed(1)}\n` +
    `Node.js ${node}, nginx ${nginx}, ${date}\n`
  );
}
