// This program, with each of its dispatchers that the build has.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AppProcess } from '../app-process.ts';
import { startApp } from '../app-process.ts';
import type { Contender, Detection, PoolSize } from './contender.ts';
import { BACKLOG, socketAddress, socketPath, tcpAddress } from './contender.ts';

const BIN = fileURLToPath(new URL('../../../bin/scgi-server.js', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../../package.json', import.meta.url));

const HANDLER = fileURLToPath(new URL('../apps/scgi-handler.mjs', import.meta.url));

const READY = /^.*worker \d+.* is ready/gm;

let help: string | undefined;

/** Asks the program itself what it can. */
function hasDispatchOption(): boolean {
  help ??= spawnSync(process.execPath, [BIN, '--help'], { encoding: 'utf8' }).stdout;
  return help.includes('--dispatch');
}

/** A build without the option has the portable dispatcher alone. */
function dispatchArguments(mode: 'native' | 'portable'): string[] {
  return hasDispatchOption() ? ['--dispatch', mode] : [];
}

function start(
  listen: readonly string[],
  { workers, concurrency }: PoolSize,
  handler: string = HANDLER,
): Promise<AppProcess> {
  const pool = ['--min-workers', `${workers}`, '--max-workers', `${workers}`];
  const limits = ['--concurrency', `${concurrency}`, '--max-queue', `${BACKLOG}`];
  // Silent connections are to stay for as long as the load beside them lasts.
  const patience = ['--header-timeout', '1h'];
  // Frameworks do more for those who are still developing.
  const env = ['--env', 'NODE_ENV=production'];
  const args = [...listen, ...pool, ...limits, ...patience, ...env, handler];
  return startApp([process.execPath, BIN, ...args], READY, workers);
}

/** Starts the command that runs a CGI program for each request. */
export function startCgi(args: readonly string[], program: string): Promise<AppProcess> {
  return startApp([process.execPath, BIN, 'cgi', ...args, program], READY, 1);
}

/** The command line of a process for one connection. */
export function inetdCommand(): string[] {
  return [process.execPath, BIN, 'inetd', HANDLER];
}

function detectAny(): Detection {
  const { version } = JSON.parse(fs.readFileSync(PACKAGE, 'utf8')) as { version: string };
  return { isHere: true, version };
}

/** With some handler and further options. */
export function scgiServerWith(name: string, handler: string, args: readonly string[]): Contender {
  return {
    name,
    fronts: ['none', 'nginx'],
    isConcurrent: true,
    detect: detectAny,
    start: (size, dir) => start([...args, '--socket', socketPath(dir)], size, handler),
    address: socketAddress,
  };
}

/** With the native dispatcher and some handler. */
export function nativeWith(name: string, handler: string): Contender {
  return {
    name,
    fronts: ['none', 'nginx'],
    isConcurrent: true,
    detect: () =>
      hasDispatchOption()
        ? detectAny()
        : { isHere: false, reason: 'this build has no option --dispatch' },
    start: (size, dir) =>
      start([...dispatchArguments('native'), '--socket', socketPath(dir)], size, handler),
    address: socketAddress,
  };
}

export const NATIVE: Contender = nativeWith('scgi-server native', HANDLER);

export const PORTABLE: Contender = {
  name: 'scgi-server portable',
  fronts: ['none', 'nginx'],
  isConcurrent: true,
  detect: detectAny,
  start: (size, dir) =>
    start([...dispatchArguments('portable'), '--socket', socketPath(dir)], size),
  address: socketAddress,
};

/** With the dispatcher that it chooses itself. */
export const TCP: Contender = {
  name: 'scgi-server, TCP',
  fronts: ['nginx'],
  isConcurrent: true,
  detect: detectAny,
  start: (size) => start(['--port', '0'], size),
  address: tcpAddress,
};
