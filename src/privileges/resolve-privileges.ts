// From names to numbers: what workers are to give up, found out by the master once, at its start, so that
// no directory service is asked when a worker is replaced.

import type { Config } from '../config/config.ts';
import { ServerError } from '../errors.ts';
import type { Identity, PrivilegeSettings } from '../ipc/messages.ts';
import type { Account } from '../ops/accounts.ts';
import { findAccount, memberships } from '../ops/accounts.ts';
import { resolveGroupId, resolveUserId } from '../ops/user-ids.ts';
import { posixUnavailable } from '../posix/libc.ts';
import { findPreload } from './preloads.ts';

/** What becomes of the workers' rights. */
export interface Privileges {
  /** `undefined`: they keep what the master has. */
  readonly settings: PrivilegeSettings | undefined;
  /** Of the workers' environment, what their user decides: `NAME=VALUE` each. */
  readonly environment: readonly string[];
  /** What the log has to say of it. */
  readonly warnings: readonly string[];
}

/** A user and a group that were found. */
interface Target {
  readonly uid: number;
  readonly gid: number;
  readonly account: Account | undefined;
}

type PrivilegeOptions = Pick<
  Config,
  'user' | 'group' | 'umask' | 'chdir' | 'chroot' | 'env' | 'clearEnv' | 'nodeArg'
>;

const ROOT = 0;

/**
 * Finds out what the options come to on this machine, for this process.
 *
 * @throws ServerError `ERR_SCGI_CONFIG`: an unknown name, or rights that this process does not have
 */
export function resolvePrivileges(config: PrivilegeOptions): Privileges {
  const { user, group, umask, chdir, chroot } = config;
  const target = user === undefined ? undefined : findTarget(user, group);
  const identity = target && identityOf(target, config);
  if (chroot !== undefined) requireChroot(chroot);
  if (chroot !== undefined || (identity?.uid ?? ROOT) !== ROOT) refusePreloads(config);
  const settings = { chroot, chdir, umask, identity };
  const isAny = Object.values(settings).some((setting) => setting !== undefined);
  return {
    settings: isAny ? settings : undefined,
    environment: target === undefined ? [] : environmentOf(target),
    warnings: isRoot() && (target?.uid ?? ROOT) === ROOT ? [warningOfRoot(config)] : [],
  };
}

/** A number is a user, whether the system has an entry for it or not. */
function findTarget(user: string, group: string | undefined): Target {
  const account = findAccount(user);
  const uid = account?.uid ?? resolveUserId(user);
  const gid = group === undefined ? account?.gid : resolveGroupId(group);
  if (gid !== undefined) return { uid, gid, account };
  throw configError(
    `--user ${user}: the system has no entry for that number; name a group as well (--group)`,
  );
}

/** @returns `undefined`: this process is the one already that workers are to be */
function identityOf(
  { uid, gid, account }: Target,
  { user, group }: PrivilegeOptions,
): Identity | undefined {
  if (isRoot()) {
    const groups = account === undefined ? [] : memberships(account);
    return { uid, gid, groups: [...new Set([gid, ...groups])] };
  }
  if (uid === process.geteuid?.() && gid === process.getegid?.()) return undefined;
  const names = `--user ${user}${group === undefined ? '' : ` --group ${group}`}`;
  throw configError(
    `${names} (user ${uid}, group ${gid}) needs a server that is started by root: ${whoWeAre()}`,
  );
}

function requireChroot(chroot: string): void {
  if (!isRoot()) {
    throw configError(`--chroot ${chroot} needs a server that is started by root: ${whoWeAre()}`);
  }
  const reason = posixUnavailable();
  if (reason !== undefined) {
    throw configError(`--chroot needs native calls, which do not work here: ${reason}`);
  }
}

/** What node itself loads would run before the worker gets to dropping anything. */
function refusePreloads({ nodeArg, env, clearEnv }: PrivilegeOptions): void {
  const assignment = env.findLast((one) => one.startsWith('NODE_OPTIONS='));
  const inherited = clearEnv ? undefined : process.env['NODE_OPTIONS'];
  const preload = findPreload(nodeArg, assignment?.replace('NODE_OPTIONS=', '') ?? inherited);
  if (preload === undefined) return;
  const isVariable = preload.startsWith('NODE_OPTIONS');
  throw configError(
    `${preload}: in workers that code would run as root, before they become another user; ` +
      `let the handler import what it needs${isVariable ? ', and clear the variable (--env NODE_OPTIONS=)' : ''}`,
  );
}

/** As systemd does it. Without an entry there is no home, and root's would be the wrong one. */
function environmentOf({ uid, account }: Target): string[] {
  const { name, home } = account ?? { name: String(uid), home: '/' };
  return [`HOME=${home}`, `USER=${name}`, `LOGNAME=${name}`];
}

function warningOfRoot({ user, chroot }: PrivilegeOptions): string {
  const escape = chroot === undefined ? '' : ', and root finds the way out of --chroot';
  if (user !== undefined) {
    return `--user ${user}: a handler that is taken over has the whole machine${escape}`;
  }
  return `workers run as root${escape}: name another user with --user, or start the server as one (setuidgid, or User= in systemd)`;
}

function isRoot(): boolean {
  return process.geteuid?.() === ROOT;
}

function whoWeAre(): string {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
  if (uid === undefined) return 'this system has no users of that kind';
  const name = findAccount(String(uid))?.name ?? 'without a name';
  return `this process is user ${uid} (${name}), group ${gid}`;
}

function configError(message: string): ServerError {
  return new ServerError('ERR_SCGI_CONFIG', message);
}
