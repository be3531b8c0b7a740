// The server with nginx in front of it, for one test; and what happens where nginx is missing.

import fs from 'node:fs';
import { onTestFailed, onTestFinished } from 'vitest';
import { programPath } from '../helpers/foreground.ts';
import type { RunningNginx } from '../helpers/nginx.ts';
import { startNginx } from '../helpers/nginx.ts';
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

/** Whether the tests of `title` can run, see {@link canRun}. */
export function hasNginx(title: string): boolean {
  return hasProgram('nginx', title);
}

/** Whether the tests of `title` can run, which need this program of Debian's, see {@link canRun}. */
export function hasProgram(command: string, title: string): boolean {
  const isHere = programPath(command) !== undefined;
  return canRun(title, isHere ? undefined : `${command} is not installed`);
}

/**
 * Whether the tests of `title` can run: with a problem they are skipped and say so.
 *
 * @throws where tests run unattended, since there nobody would notice
 */
export function canRun(title: string, problem: string | undefined): boolean {
  if (problem === undefined) return true;
  const message = `${problem}: "${title}" cannot be tested`;
  if (['', '0', 'false', undefined].includes(process.env['CI'])) {
    console.warn(`SKIPPED: ${message}`);
    return false;
  }
  throw new Error(message);
}

/** Whether the tests of `title` can run, which need these files of Debian's, see {@link canRun}. */
export function hasFiles(title: string, ...files: readonly string[]): boolean {
  const missing = files.filter((file) => !fs.existsSync(file));
  return canRun(
    title,
    missing.length === 0 ? undefined : `there is no ${missing.join(' and no ')}`,
  );
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
