// Options: which requests the application gets, and what it sees as their path.

import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { isHost } from '../../protocol/meta-variables.ts';
import { decodePath } from '../../protocol/request-path.ts';
import { unexpected } from '../expectation.ts';
import type { OptionRows } from '../option-row.ts';
import { list, orOff, scalar } from '../value-type.ts';

export interface RequestsConfig {
  /** Where the application is mounted: a decoded path, latin-1, empty for the root; `undefined`: nowhere in particular. */
  readonly mount: string | undefined;
  /** Hosts under whose names the application may be asked, lower-case; empty: any. */
  readonly allowHost: readonly string[];
}

export const REQUESTS: OptionRows<RequestsConfig> = {
  mount: {
    valueName: 'PATH',
    type: orOff(scalar(parseMount, formatMount)),
    default: 'off',
    description: "where the application is mounted: what follows is its path, another's gets 404",
  },
  allowHost: {
    valueName: 'HOST',
    type: list(scalar(parseAllowedHost)),
    defaultText: 'any',
    description:
      'host that requests may be meant for, *.example.com: those below it; others get 421',
  },
};

function parseMount(given: string): string {
  const path = /[?#]/.test(given) ? undefined : decodePath(Buffer.from(given).toString('latin1'));
  if (path === undefined) throw unexpected('a path such as /app', given);
  return path.replace(/\/$/, '');
}

function formatMount(mount: string): string {
  return Buffer.from(mount || '/', 'latin1').toString();
}

function parseAllowedHost(given: string): string {
  const [, below = '', name = ''] = /^(\*\.)?(.*?)\.?$/s.exec(given) ?? [];
  const address = name.replace(/^\[(.*)\]$/, '$1');
  const isName = /^[^\s*/?#@%\\:[\]]+$/.test(name);
  const host = isIPv6(address) ? domainToASCII(`[${address}]`) : isName && domainToASCII(name);
  if (!host || !isHost(host)) {
    throw unexpected('a host without a port, such as example.com, *.example.com or ::1', given);
  }
  return below + host;
}
