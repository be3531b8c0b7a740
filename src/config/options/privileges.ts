// Options: as whom workers run, and what of the system they see.

import type { OptionRows } from '../option-row.ts';
import { octalMode, orOff, text } from '../value-type.ts';

export interface PrivilegesConfig {
  /** User that workers become, name or number; `undefined`: they stay who the server is. */
  readonly user: string | undefined;
  /** Their group, name or number; `undefined`: the user's own. */
  readonly group: string | undefined;
  /** Permission bits that files of the workers do not get. */
  readonly umask: number | undefined;
  /** Working directory of the workers, absolute; inside of `chroot`, if there is one. */
  readonly chdir: string | undefined;
  /** Directory that is `/` to the workers, absolute. */
  readonly chroot: string | undefined;
}

export const PRIVILEGES: OptionRows<PrivilegesConfig> = {
  user: {
    valueName: 'USER',
    type: text('a user name or number'),
    defaultText: 'unchanged',
    onReload: 'stays',
    description: 'user that workers run as; the master stays what it is, root',
  },
  group: {
    valueName: 'GROUP',
    type: text('a group name or number'),
    defaultText: "the user's",
    onReload: 'stays',
    description: 'group that workers run as; with --user only',
  },
  umask: {
    valueName: 'MASK',
    type: octalMode('a mask as octal text, such as "0027"'),
    defaultText: 'unchanged',
    onReload: 'stays',
    description: 'permissions that files made by workers do not get, octal',
  },
  chdir: {
    valueName: 'DIR',
    type: text('the path of a directory'),
    defaultText: 'unchanged',
    onReload: 'stays',
    description: 'working directory of workers; inside of --chroot, where the default is /',
  },
  chroot: {
    valueName: 'DIR',
    type: orOff(text('the path of a directory')),
    default: 'off',
    onReload: 'stays',
    description: 'directory that is / to workers; the path of the handler is one inside of it',
  },
};
