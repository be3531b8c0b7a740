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
}

export function describeMachine(): Machine {
  return {
    cores: os.availableParallelism(),
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    nginx: nginxVersion() ?? 'none',
    date: new Date().toISOString(),
  };
}

export function formatMachine({ cores, cpu, system, node, nginx, date }: Machine): string {
  return `${cores} cores of ${cpu}, ${system}\nNode.js ${node}, nginx ${nginx}, ${date}\n`;
}
