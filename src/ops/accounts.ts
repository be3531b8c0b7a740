// Users as the system knows them: their names, groups and homes, looked up through its own programs as
// in user-ids.ts. Where those are missing, as in the smallest containers, its files are read.

import { readFileSync } from 'node:fs';
import { ServerError } from '../errors.ts';
import { lookUp } from './user-ids.ts';

/** A user that the system knows. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  /** Its primary group. */
  readonly gid: number;
  readonly home: string;
}

/**
 * Finds a user.
 *
 * @param user - its name, or its number in decimal digits
 * @returns `undefined` when the system has no entry for it
 */
export function findAccount(user: string): Account | undefined {
  // A name that begins with a hyphen would be an option of the program.
  if (!/^[^-:][^:]*$/.test(user)) return undefined;
  const entries = ask('getent', ['passwd', user]) ?? read('/etc/passwd');
  const isWanted = ({ name, uid }: Account): boolean =>
    isNumeric(user) ? uid === Number(user) : name === user;
  return entries
    .split('\n')
    .map(parseAccount)
    .find((account) => account !== undefined && isWanted(account));
}

/** Returns the numbers of the groups that a user is in, besides its primary one. */
export function memberships({ name, gid }: Account): number[] {
  const numbers = ask('id', ['-G', name]);
  const groups = numbers === undefined ? groupsInFile(name) : numbers.split(' ').map(Number);
  return groups.filter((group) => group !== gid);
}

/** name:password:UID:GID:comment:home:shell */
function parseAccount(line: string): Account | undefined {
  const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
  if (name === '' || !isNumeric(uid) || !isNumeric(gid)) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home: home || '/' };
}

/** name:password:GID:members */
function groupsInFile(user: string): number[] {
  const lines = read('/etc/group').split('\n');
  const groups = lines.map((line) => line.split(':'));
  return groups
    .filter(([, , gid, members]) => isNumeric(gid ?? '') && members?.split(',').includes(user))
    .map(([, , gid]) => Number(gid));
}

function isNumeric(text: string): boolean {
  return /^\d+$/.test(text);
}

/** Returns what the program prints, nothing if it finds nothing; `undefined`: there is no such program. */
function ask(program: string, args: string[]): string | undefined {
  try {
    return lookUp(program, args);
  } catch (error) {
    const { code, status } = error as NodeJS.ErrnoException & { status?: unknown };
    if (code === 'ENOENT') return undefined;
    if (typeof status === 'number') return '';
    // A directory service that does not answer is no reason to do without a user's groups.
    const message = `${program} ${args.join(' ')} does not answer: ${(error as Error).message}`;
    throw new ServerError('ERR_SCGI_CONFIG', message, { cause: error });
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // There are systems without users.
    return '';
  }
}
