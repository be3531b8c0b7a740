// The hosts under whose names an application may be asked. Pure.

import type { Environment } from './environment.ts';
import { isHost, serverName } from './meta-variables.ts';

/**
 * Returns what tells whether a request is meant for one of these hosts, on whichever port.
 *
 * @param hosts - lower-case names and addresses, IPv6 in brackets; `*.example.com` is every name below
 *   `example.com`
 */
export function hostMatcher(hosts: readonly string[]): (env: Environment) => boolean {
  const names = new Set(hosts.filter((host) => !host.startsWith('*')));
  const endings = hosts.filter((host) => host.startsWith('*')).map((host) => host.slice(1));
  return (env) => {
    const host = requestedHost(env);
    if (!isHost(host)) return false;
    const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
    return names.has(name) || endings.some((ending) => name.endsWith(ending));
  };
}

/** The host that a request is meant for, as it was sent. */
export function requestedHost(env: Environment): string {
  return env['HTTP_HOST'] || serverName(env);
}
