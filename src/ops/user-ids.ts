// Numbers of users and groups given by name, looked up where the system keeps them (files,
// LDAP, …) through its own programs, because Node has no call for it.

import { execFileSync } from 'node:child_process';
import { ServerError } from '../errors.ts';

const LOOKUP_TIMEOUT_MS = 5_000;
const MAX_ID = 0xffff_fffe;

/**
 * Finds the number of a user.
 *
 * @param user - a name, or the number itself, as a number or in decimal digits
 * @throws {@link ServerError} `ERR_SCGI_CONFIG` when there is no such user
 */
export function resolveUserId(user: string | number): number {
  return resolveId('user', user, (name) => lookUp('id', ['-u', name]));
}

/**
 * Finds the number of a group.
 *
 * @param group - a name, or the number itself, as a number or in decimal digits
 * @throws {@link ServerError} `ERR_SCGI_CONFIG` when there is no such group
 */
export function resolveGroupId(group: string | number): number {
  // name:password:GID:members
  return resolveId('group', group, (name) => lookUp('getent', ['group', name]).split(':')[2] ?? '');
}

function resolveId(kind: string, given: string | number, find: (name: string) => string): number {
  if (isId(String(given))) return Number(given);
  let cause: unknown;
  try {
    // A name that begins with a hyphen would be an option of the program.
    const answer = /^[^-]/.test(String(given)) ? find(String(given)) : '';
    if (isId(answer)) return Number(answer);
  } catch (error) {
    cause = error;
  }
  throw new ServerError('ERR_SCGI_CONFIG', `there is no ${kind} ${JSON.stringify(given)}`, {
    cause,
  });
}

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= MAX_ID;
}

/** Returns what a program prints. @throws what it failed with, `ENOENT` if it is not there */
export function lookUp(program: string, args: string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: LOOKUP_TIMEOUT_MS,
  }).trim();
}
