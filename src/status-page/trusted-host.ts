// Keeps other people's web pages out. Pure. A page whose own name suddenly leads to this machine ("DNS
// rebinding") could read what is answered here; its requests have that name as their host, and no address.

import { isIP } from 'node:net';

/**
 * Whether a request is meant for this server.
 *
 * @param field - the field `Host` as it was sent
 * @param given - the host that the operator gave
 */
export function isTrustedHost(field: string | undefined, given: string): boolean {
  const host = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(field ?? '')?.[1] ?? '';
  const bare = host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
  return isIP(bare) !== 0 || bare === 'localhost' || bare === given.toLowerCase();
}
