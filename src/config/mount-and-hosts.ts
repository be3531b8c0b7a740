// How a person names the mount and the hosts of an application. Pure.

import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { isHost } from '../protocol/meta-variables.ts';
import { decodePath } from '../protocol/request-path.ts';
import { unexpected } from './expectation.ts';

/** @returns the decoded path, latin-1, without a slash at its end */
export function parseMount(given: string): string {
  const path = /[?#]/.test(given) ? undefined : decodePath(Buffer.from(given).toString('latin1'));
  if (path === undefined) throw unexpected('a path such as /app', given);
  return path.replace(/\/$/, '');
}

export function formatMount(mount: string): string {
  return Buffer.from(mount || '/', 'latin1').toString();
}

/** @returns name or address in lower case, as `hostMatcher` takes it */
export function parseAllowedHost(given: string): string {
  const [, below = '', name = ''] = /^(\*\.)?(.*?)\.?$/s.exec(given) ?? [];
  const address = name.replace(/^\[(.*)\]$/, '$1');
  const isName = /^[^\s*/?#@%\\:[\]]+$/.test(name);
  const host = isIPv6(address) ? domainToASCII(`[${address}]`) : isName && domainToASCII(name);
  if (!host || !isHost(host)) {
    throw unexpected('a host without a port, such as example.com, *.example.com or ::1', given);
  }
  return below + host;
}
