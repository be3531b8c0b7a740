// Options: which requests the application gets, what it sees as their path, what the web server is believed,
// and what it is told to do with responses.

import { formatMount, parseAllowedHost, parseMount } from '../mount-and-hosts.ts';
import type { OptionRows } from '../option-row.ts';
import { choice, list, orOff, scalar, toggle } from '../value-type.ts';

export interface RequestsConfig {
  /** Where the application is mounted: a decoded path, latin-1, empty for the root; `undefined`: nowhere in particular. */
  readonly mount: string | undefined;
  /** Hosts under whose names the application may be asked, lower-case; empty: any. */
  readonly allowHost: readonly string[];
  /** When a `Location` that begins with a slash gets scheme and host. */
  readonly absoluteRedirects: 'auto' | 'always' | 'never';
  /** The web server that may be told of a file to send in place of a body. */
  readonly sendfile: 'off' | 'nginx' | 'apache' | 'lighttpd';
  /** Whether the time stamp that the web server puts on a request is believed, to tell how long it has waited. */
  readonly requestStart: boolean;
}

export const REQUESTS: OptionRows<RequestsConfig> = {
  mount: {
    valueName: 'PATH',
    type: orOff(scalar(parseMount, formatMount)),
    default: 'off',
    onReload: 'changes',
    description: "where the application is mounted: what follows is its path, another's gets 404",
  },
  allowHost: {
    valueName: 'HOST',
    type: list(scalar(parseAllowedHost)),
    defaultText: 'any',
    onReload: 'changes',
    description:
      'host that requests may be meant for, *.example.com: those below it; others get 421',
  },
  absoluteRedirects: {
    valueName: 'auto|always|never',
    type: choice('auto', 'always', 'never'),
    default: 'auto',
    onReload: 'changes',
    description: 'a Location such as /p becomes a whole URL; auto: where Apache needs it to be one',
  },
  sendfile: {
    valueName: 'off|nginx|apache|lighttpd',
    type: choice('off', 'nginx', 'apache', 'lighttpd'),
    default: 'off',
    onReload: 'changes',
    description: 'web server that is told of files by X-Accel-Redirect or X-Sendfile',
  },
  requestStart: {
    type: toggle(),
    default: 'off',
    onReload: 'changes',
    description:
      'believe X-Request-Start of the web server: metrics tell how long requests have waited',
  },
};
