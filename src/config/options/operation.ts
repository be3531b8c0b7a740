// Options: how whoever runs the server finds it, asks it and commands it.

import { unexpected } from '../expectation.ts';
import { type HttpAddress, parseHttpAddress } from '../http-address.ts';
import { formatHostPort, parseSocketPath } from '../listen-address.ts';
import { formatMount, parseMount } from '../mount-and-hosts.ts';
import type { OptionRows } from '../option-row.ts';
import { orOff, scalar, text, wholeNumber } from '../value-type.ts';

export interface OperationConfig {
  /** File that holds the master's process id; a relative one belongs to the working directory. */
  readonly pidFile: string | undefined;
  /** Descriptor on which a line is written when the first worker is ready. */
  readonly notifyFd: number | undefined;
  /** Unix socket that takes commands for the server, at most 107 bytes; a relative one belongs to the working directory. */
  readonly control: string | undefined;
  /** Where the status page is; `undefined`: nowhere. */
  readonly status: HttpAddress | undefined;
  /** Under which path workers show the same page: decoded, latin-1; `undefined`: under none. */
  readonly statusPath: string | undefined;
}

const MAX_FD = 65_535;

export const OPERATION: OptionRows<OperationConfig> = {
  pidFile: {
    valueName: 'PATH',
    type: orOff(text('the path of a file')),
    default: 'off',
    onReload: 'stays',
    description: "file that holds the master's process id",
  },
  notifyFd: {
    valueName: 'N',
    type: orOff(wholeNumber(3, MAX_FD)),
    default: 'off',
    onReload: 'stays',
    description:
      'inherited descriptor that gets a line, and is closed, when the first worker is ready',
  },
  control: {
    valueName: 'PATH',
    type: orOff(scalar(parseSocketPath)),
    default: 'off',
    onReload: 'stays',
    description: 'Unix socket, mode 0600, through which the server is asked and commanded',
  },
  status: {
    valueName: '[HOST:]PORT',
    type: orOff(scalar(parseHttpAddress, formatHostPort)),
    default: 'off',
    onReload: 'stays',
    description: 'where browsers on this machine find the status page',
  },
  statusPath: {
    valueName: 'PATH',
    type: orOff(scalar(parseStatusPath, formatMount)),
    default: 'off',
    onReload: 'stays',
    description: 'path of the status page behind the web server, which must keep strangers from it',
  },
};

function parseStatusPath(given: string): string {
  const path = parseMount(given);
  if (path === '') throw unexpected('a path that is not the root, such as /server-status', given);
  return path;
}
