// What the benchmark has to know of a server that it measures.

import { spawnSync } from 'node:child_process';
import type { Replacement } from '../../helpers/config-sample.ts';
import type { PeerAddress } from '../../helpers/scgi-peer.ts';
import type { AppProcess } from '../app-process.ts';

/** What stands between the load and the server. */
export type Front = 'none' | 'nginx';

export interface PoolSize {
  workers: number;
  /** Requests at once in one worker. */
  concurrency: number;
}

/** Whether this machine has it. */
export type Detection = { isHere: true; version: string } | { isHere: false; reason: string };

export interface Contender {
  name: string;
  /** Without nginx it has to speak SCGI, on a Unix socket. */
  fronts: readonly Front[];
  /** It takes HTTP itself: no nginx in front. */
  isWebServer?: true;
  /** Whether one worker serves several requests at once. */
  isConcurrent: boolean;
  detect(): Detection;
  /** Starts it; `dir` is a folder of its own, for its socket and configuration. */
  start(size: PoolSize, dir: string): Promise<AppProcess>;
  /** Where it listens, as soon as it runs. */
  address(app: AppProcess, dir: string): PeerAddress;
  /** What must differ from config/nginx.conf; `dir` is as for `start`. */
  nginx?: readonly Replacement[] | ((dir: string) => readonly Replacement[]);
}

/** Connections that wait, for those whose own default is less than the load: a full queue is not what is measured. */
export const BACKLOG = 1024;

export const socketPath = (dir: string): string => `${dir}/app.sock`;

/** The address of most contenders. */
export const socketAddress = (_app: AppProcess, dir: string): PeerAddress => ({
  path: socketPath(dir),
});

/** The address of those that say it: `listening on 127.0.0.1:PORT`. */
export const tcpAddress = (app: AppProcess): PeerAddress => {
  const port = /listening on 127\.0\.0\.1:(\d+)/.exec(app.output())?.[1];
  return { host: '127.0.0.1', port: Number(port) };
};

/** Runs a command that prints its version; `undefined` if there is no such command or it fails. */
export function versionOf(command: string, ...args: string[]): string | undefined {
  const { error, status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined || status !== 0) return undefined;
  return /\d+\.[\d.]+/.exec(stdout)?.[0] ?? 'of unknown version';
}

/** Makes the {@link Detection} of a program of Debian's. */
export function debianProgram(version: string | undefined, packages: string): Detection {
  return version === undefined
    ? { isHere: false, reason: `not installed (Debian: apt install ${packages})` }
    : { isHere: true, version };
}
