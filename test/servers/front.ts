// The server with nginx in front of it, for one test; and what happens where nginx is missing.

import fs from 'node:fs';
import { onTestFailed, onTestFinished } from 'vitest';
import type { RunningNginx } from '../helpers/nginx.ts';
import { nginxVersion, startNginx } from '../helpers/nginx.ts';
import type { RunningServer, StartOptions } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';

export type Transport = 'TCP' | 'a Unix socket';
export const TRANSPORTS: readonly Transport[] = ['TCP', 'a Unix socket'];

export interface Front {
  url: string;
  server: RunningServer;
  nginx: RunningNginx;
}

/**
 * Whether the tests of `title` can run: without nginx they are skipped and say so.
 *
 * @throws where tests run unattended, since there nobody would notice
 */
export function hasNginx(title: string): boolean {
  return nginxVersion() !== undefined || skips(title, 'nginx is not installed');
}

/** The same for programs, by their files. */
export function hasPrograms(title: string, ...files: readonly string[]): boolean {
  const missing = files.filter((file) => !fs.existsSync(file));
  return missing.length === 0 || skips(title, `there is no ${missing.join(' and no ')}`);
}

function skips(title: string, reason: string): false {
  const problem = `${reason}: "${title}" cannot be tested`;
  if (!['', '0', 'false', undefined].includes(process.env['CI'])) throw new Error(problem);
  console.warn(`SKIPPED: ${problem}`);
  return false;
}

/** Starts both; the handler is the kitchen unless `options` name another. */
export async function startBehindNginx(
  transport: Transport,
  options: StartOptions = {},
): Promise<Front> {
  const dir = tempDir();
  const address = transport === 'TCP' ? ['--port', '0'] : ['--socket', `${dir}/app.sock`];
  const server = await startServer({
    handler: 'kitchen.mjs',
    ...options,
    args: [...address, ...(options.args ?? [])],
  });
  const nginx = await startNginx({ dir, upstream: server.address() });
  onTestFailed(() => console.error(`error log of nginx:\n${nginx.errorLog()}`));
  onTestFinished(() => nginx.stop());
  return { url: nginx.url, server, nginx };
}
