// Starts the real nginx with a file of config/, and ends it. Knows nothing of vitest: the benchmark
// uses it too. The file's own values for addresses and paths are replaced, and nothing else.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { adaptSample, type Replacement } from './config-sample.ts';
import { startInForeground } from './foreground.ts';
import type { PeerAddress } from './scgi-peer.ts';
import { freePort } from './tcp-port.ts';

export interface NginxOptions {
  /** A folder of the caller's, which removes it. */
  dir: string;
  /** Where the server of config/nginx.conf is; another file names its own. */
  upstream?: PeerAddress;
  /** In config/; default nginx.conf. */
  file?: string;
  /** The network namespace that it runs in, see `ForegroundOptions`. */
  inside?: readonly string[];
  /** More than the addresses and paths, or other ones; for the benchmark. */
  replacements?: readonly Replacement[];
  /** As for `adaptSample`. */
  uncomment?: readonly string[];
}

export interface RunningNginx {
  /** Without a slash at its end. */
  url: string;
  /** Of 127.0.0.1. */
  port: number;
  pid: number;
  errorLog(): string;
  stop(): Promise<void>;
}

/** Returns nginx's version, `undefined` when it is not installed. */
export function nginxVersion(): string | undefined {
  const { error, stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  return error === undefined ? /nginx\/(\S+)/.exec(stderr)?.[1] : undefined;
}

/** Starts nginx on a free port of 127.0.0.1 and waits until it takes connections. */
export async function startNginx(options: NginxOptions): Promise<RunningNginx> {
  const { dir, inside = [] } = options;
  const port = await freePort();
  const config = path.join(dir, 'nginx.conf');
  fs.writeFileSync(config, adapt(port, options));
  const errorLog = (): string => readIfThere(path.join(dir, 'error.log'));

  const args = ['-p', dir, '-c', config, '-g', 'daemon off;'];
  const running = await startInForeground({ command: 'nginx', args, port, errorLog, inside });
  return { ...running, url: `http://127.0.0.1:${port}`, port, errorLog };
}

function adapt(port: number, options: NginxOptions): string {
  const { dir, file = 'nginx.conf', upstream, replacements = [], uncomment } = options;
  // Kinds of response that the file does not use: nginx makes their folders all the same.
  const unused = ['proxy', 'fastcgi', 'uwsgi'].map((kind) => `${kind}_temp_path ${dir}/${kind};`);
  const all: Replacement[] = [
    ['user www-data;', `user ${os.userInfo().username};`],
    ['pid /run/nginx.pid;', `pid ${dir}/nginx.pid;`],
    ['error_log /var/log/nginx/error.log warn;', `error_log ${dir}/error.log warn;`],
    ['access_log /var/log/nginx/access.log;', `access_log ${dir}/access.log;`],
    ['client_body_temp_path /var/lib/nginx/body;', `client_body_temp_path ${dir}/body;`],
    ['scgi_temp_path /var/lib/nginx/scgi;', `scgi_temp_path ${dir}/scgi; ${unused.join(' ')}`],
    ['listen 80;', `listen 127.0.0.1:${port};`],
  ];
  if (upstream !== undefined) all.push(upstreamAt(4000, upstream));
  // One replacement for each text: the caller's wins.
  return adaptSample(file, [...new Map([...all, ...replacements])], uncomment);
}

/** Puts `address` where the configuration has an upstream at this port. */
export function upstreamAt(port: number, address: PeerAddress): Replacement {
  const server = 'path' in address ? `unix:${address.path}` : `127.0.0.1:${address.port}`;
  return [`server 127.0.0.1:${port}`, `server ${server}`];
}

function readIfThere(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}
