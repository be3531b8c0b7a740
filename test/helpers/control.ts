// Asks a server through its control socket: as a script does, and with the commands of the program.

import { execFile } from 'node:child_process';
import { request } from 'node:http';
import type { ServerStatus } from '../../src/ops/server-status.ts';
import { BIN, cleanEnvironment } from './start-server.ts';
import { tempDir } from './temp-dir.ts';

export interface ControlAnswer {
  status: number;
  body: string;
}

export function askControl(
  socketPath: string,
  target: string,
  method = 'GET',
): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: target, method, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.setTimeout(20_000, () => asked.destroy(new Error(`no answer to ${method} ${target}`)));
    asked.once('error', reject);
    asked.end();
  });
}

export async function statusOf(socketPath: string): Promise<ServerStatus> {
  return JSON.parse((await askControl(socketPath, '/status')).body) as ServerStatus;
}

export interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command of the program, in a directory without a configuration file unless told otherwise. */
export function run(
  args: readonly string[],
  { env = {}, cwd = tempDir() }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Run> {
  const settings = { cwd, env: { ...cleanEnvironment(), ...env }, timeout: 30_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], settings, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
