// Gives up, in this process and for good, what its application is not to have: the file system outside of a
// directory, the master's identity. Whatever is not as it should be then is an error, and the end.

import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { ServerError } from '../errors.ts';
import type { Identity, PrivilegeSettings } from '../ipc/messages.ts';
import { identityProblem } from './identity-problem.ts';

const ROOT = 0;

/**
 * Drops privileges. What is loaded later is read with the rights that are left.
 *
 * @param needsPosix - C functions are called later: their library is loaded now, while it can be read
 * @throws ServerError `ERR_SCGI_CONFIG` that says what could not be done, or could be undone: end the process
 */
export async function dropPrivileges(
  settings: PrivilegeSettings,
  needsPosix: boolean,
): Promise<void> {
  const { chroot, chdir, umask, identity } = settings;
  const status = openStatus();
  try {
    if (needsPosix || chroot !== undefined) await loadNativeCalls();
    if (chroot !== undefined) await enterRoot(chroot);
    const directory = chdir ?? (chroot === undefined ? undefined : '/');
    if (directory !== undefined) attempt(`enter ${directory}`, () => process.chdir(directory));
    if (umask !== undefined) process.umask(umask);
    if (identity !== undefined) {
      become(identity);
      requireIdentity(identity, status === undefined ? status : readFileSync(status, 'utf8'));
    }
    if (directory !== undefined) {
      // It was entered with the rights that are gone.
      attempt(`use ${directory} as its working directory`, () => accessSync('.', constants.X_OK));
    }
  } finally {
    if (status !== undefined) closeSync(status);
  }
}

async function loadNativeCalls(): Promise<void> {
  const { loadPosix } = await import('../posix/libc.ts');
  loadPosix();
}

async function enterRoot(path: string): Promise<void> {
  const { changeRoot } = await import('../posix/chroot.ts');
  // Asked for once, and remembered: the time zone of the machine is in a file outside.
  new Date().getTimezoneOffset();
  closeDirectories();
  attempt(`enter --chroot ${path}`, () => changeRoot(path));
}

/** Whatever a careless parent has left us: from a directory outside, the way leads everywhere. */
function closeDirectories(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      if (fstatSync(Number(name)).isDirectory()) closeSync(Number(name));
    } catch {
      // That of the listing itself is closed by now.
    }
  }
}

/** The groups first, then the group: without the user's rights, neither could be changed. */
function become({ uid, gid, groups }: Identity): void {
  attempt(`take on the groups ${groups.join(' ')}`, () => process.setgroups?.([...groups]));
  attempt(`become group ${gid}`, () => process.setgid?.(gid));
  attempt(`become user ${uid}`, () => process.setuid?.(uid));
}

/** @param status - of this process, as the kernel has it; `undefined` where it cannot be read */
function requireIdentity(identity: Identity, status: string | undefined): void {
  const problem = status === undefined ? whoElse(identity) : identityProblem(status, identity);
  const found = problem ?? wayBack(identity);
  if (found === undefined) return;
  throw failure(`is not user ${identity.uid} for good`, found);
}

/** As far as can be seen from here. */
function whoElse({ uid, gid }: Identity): string | undefined {
  const ids = [process.getuid?.(), process.geteuid?.(), process.getgid?.(), process.getegid?.()];
  const wanted = [uid, uid, gid, gid].join(' ');
  return ids.join(' ') === wanted ? undefined : `expected ids ${wanted}, got ${ids.join(' ')}`;
}

/** Tries to become root again. @returns what made it so */
function wayBack({ uid, gid }: Identity): string | undefined {
  if (uid === ROOT) return undefined;
  const ways: Record<string, () => void> = {
    'setuid(0)': () => process.setuid?.(ROOT),
    'seteuid(0)': () => process.seteuid?.(ROOT),
    'setgroups(0)': () => process.setgroups?.([ROOT]),
  };
  if (gid !== ROOT) {
    ways['setgid(0)'] = () => process.setgid?.(ROOT);
    ways['setegid(0)'] = () => process.setegid?.(ROOT);
  }
  const open = Object.entries(ways).find(([, way]) => succeeds(way));
  return open && `${open[0]} succeeds`;
}

function succeeds(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** Opened before the root directory changes, and read when all is done. */
function openStatus(): number | undefined {
  try {
    return openSync('/proc/self/status', 'r');
  } catch {
    // Not Linux, or no /proc is mounted.
    return undefined;
  }
}

function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch (cause) {
    throw failure(`cannot ${what}`, (cause as Error).message, cause);
  }
}

function failure(what: string, reason: string, cause?: unknown): ServerError {
  const message = `privileges were not dropped: this process ${what}: ${reason}`;
  return new ServerError('ERR_SCGI_CONFIG', message, { cause });
}
