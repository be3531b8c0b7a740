// Users of every Debian system, processes that run as them, and what they may read.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe } from 'vitest';
import type { PeerAddress } from './scgi-peer.ts';
import { encodeScgi } from './scgi-peer.ts';
import { tempDir } from './temp-dir.ts';

export interface Identity {
  uid: number;
  gid: number;
  groups: readonly number[];
}

/** Its home is /var/www. */
export const WWW_DATA: Identity = { uid: 33, gid: 33, groups: [33] };
/** Group of www-data's that it is in only when a test says so. */
export const ADM = 4;
export const NOBODY: Identity = { uid: 65_534, gid: 65_534, groups: [65_534] };

const isRoot = process.getuid?.() === 0;

/** Tests that need root, which only root can give up. */
export function describeAsRoot(name: string, tests: () => void): void {
  if (!isRoot) console.warn(`SKIPPED: "${name}" can be tested by root only`);
  describe.skipIf(!isRoot)(`${name}${isRoot ? '' : ' (skipped: root only)'}`, () => {
    tests();
  });
}

/**
 * Runs a command as somebody else. It may read all files all the same, since it may not be given how to get
 * to those of a checkout.
 */
export function as({ uid, gid, groups }: Identity): string[] {
  const ids = [`--reuid=${uid}`, `--regid=${gid}`, `--groups=${groups.join(',')}`];
  const mayRead = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return ['setpriv', ...ids, ...mayRead];
}

/** A folder of the test's own that everybody may look into. */
export function openDir(): string {
  const dir = tempDir();
  fs.chmodSync(dir, 0o755);
  return dir;
}

/** Writes a module that everybody may read. @returns its path */
export function writeModule(source: string, name = 'handler.mjs', dir: string = openDir()): string {
  const file = path.join(dir, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, source, { mode: 0o644 });
  return file;
}

/** What the kernel says of a process, by name: `Uid` is `33 33 33 33`. */
export function statusOf(pid: number, thread: number = pid): Record<string, string> {
  const lines = fs.readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8').split('\n');
  const fields = lines.map((line) => line.split(/:\s*/));
  return Object.fromEntries(
    fields.map(([name, value]) => [name, (value ?? '').trim().replaceAll('\t', ' ')]),
  );
}

/** Threads of a process. */
export function threadsOf(pid: number): number[] {
  return fs.readdirSync(`/proc/${pid}/task`).map(Number);
}

/** Sends a request from a process of its own; an answer that never comes is ''. */
export function askAs(identity: Identity, address: PeerAddress, uri = '/hello'): Promise<Asked> {
  const request = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: uri }).toString('base64');
  const source = `
    const socket = require('node:net').connect(${JSON.stringify(address)});
    socket.on('error', (error) => { console.log(error.code); process.exit(); });
    socket.write(Buffer.from('${request}', 'base64'));
    socket.pipe(process.stdout);`;
  const [setpriv = 'setpriv', ...options] = as(identity);
  const child = spawn(setpriv, [...options, process.execPath, '-e', source], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
  });
  let answer = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (answer += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve({ answer, pid: child.pid ?? -1 }));
  });
}

export interface Asked {
  answer: string;
  pid: number;
}

/** Whether a file system of a process's own can be made here, with other users in it. */
export function whyNoMounts(): string | undefined {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `unshare --mount does not work: ${(error as Error).message}`;
  }
}

/** Runs a command where `files` are in the place of the system's own, by path; nobody else sees that. */
export function withFiles(files: Record<string, string>): string[] {
  const dir = openDir();
  const mounts = Object.entries(files).map(([target, content], i) => {
    const file = writeModule(content, String(i), dir);
    return `mount --bind ${file} ${target} && `;
  });
  return ['unshare', '--mount', 'sh', '-c', `${mounts.join('')}exec "$@"`, 'sh'];
}
