// Starts the real nginx with a file of config/, and ends it. Knows nothing of vitest: the benchmark
// uses it too. The file's own values for addresses and paths are replaced, and nothing else.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PeerAddress } from './scgi-peer.ts';
import { waitFor } from './wait-for.ts';

const CONFIG_DIR = fileURLToPath(new URL('../../config/', import.meta.url));

/** Text of the configuration file, and what stands there instead. */
export type Replacement = readonly [text: string, by: string];

export interface NginxOptions {
  /** A folder of the caller's, which removes it. */
  dir: string;
  /** Where the server of config/nginx.conf is; another file names its own. */
  upstream?: PeerAddress;
  /** In config/; default nginx.conf. */
  file?: string;
  /** More than the addresses and paths, or other ones; for the benchmark. */
  replacements?: readonly Replacement[];
}

export interface RunningNginx {
  /** Without a slash at its end. */
  url: string;
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
  const { dir, file = 'nginx.conf' } = options;
  const port = await freePort();
  const config = path.join(dir, 'nginx.conf');
  const text = fs.readFileSync(path.join(CONFIG_DIR, file), 'utf8');
  fs.writeFileSync(config, adapt(text, port, options));
  const errorLog = (): string => readIfThere(path.join(dir, 'error.log'));

  const child = spawn('nginx', ['-p', dir, '-c', config, '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  let hasEnded = false;
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  child.once('error', (error) => {
    said += error.message;
    hasEnded = true;
  });
  child.once('close', () => {
    hasEnded = true;
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await waitFor('the end of nginx', () => hasEnded);
  };
  try {
    await waitFor(`nginx on port ${port}`, () => hasEnded || takesConnections(port));
    if (hasEnded) throw new Error('it ended at once');
  } catch (cause) {
    await stop();
    throw new Error(`nginx did not start: ${said}${errorLog()}`, { cause });
  }
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? -1, errorLog, stop };
}

/** Replaces the documented values; one that the file no longer has is an error, not a silent no-op. */
function adapt(text: string, port: number, options: NginxOptions): string {
  const { dir, upstream, replacements = [] } = options;
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
  return [...new Map([...all, ...replacements])].reduce(replaceOnly, text);
}

/** Puts `address` where the configuration has an upstream at this port. */
export function upstreamAt(port: number, address: PeerAddress): Replacement {
  const server = 'path' in address ? `unix:${address.path}` : `127.0.0.1:${address.port}`;
  return [`        server 127.0.0.1:${port};`, `        server ${server};`];
}

function replaceOnly(text: string, [from, to]: Replacement): string {
  const parts = text.split(from);
  if (parts.length < 2) throw new Error(`the configuration does not have the text: ${from}`);
  return parts.join(to);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      server.close(() => resolve(port ?? 0));
    });
  });
}

export function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (isTaken: boolean): void => {
      socket.destroy();
      resolve(isTaken);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

function readIfThere(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}
