// Options: which requests the application gets, and what it sees as their path.

import { formatMount, parseAllowedHost, parseMount } from '../mount-and-hosts.ts';
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
