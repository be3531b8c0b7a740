// Options: where the server listens and who may connect.

import { type Cidr, formatCidr, parseCidr } from '../cidr.ts';
import type { ListenAddress } from '../listen-address.ts';
import * as address from '../listen-address.ts';
import type { OptionRows } from '../option-row.ts';
import { list, octalMode, orOff, scalar, text, wholeNumber } from '../value-type.ts';

export interface ListeningConfig {
  /** TCP port, 0 for any free one; `undefined`: no TCP listener besides those of `listen`. */
  readonly port: number | undefined;
  /** Host name or IP address that `port` belongs to, an IPv6 one without brackets. */
  readonly host: string;
  /** Path of a Unix socket, at most 107 bytes; a relative one belongs to the working directory. */
  readonly socket: string | undefined;
  /** Permission bits of Unix sockets. */
  readonly socketMode: number;
  /** User name or number. */
  readonly socketOwner: string | undefined;
  /** Group name or number. */
  readonly socketGroup: string | undefined;
  /** Listeners besides `port` and `socket`; see {@link listenAddresses} for all. */
  readonly listen: readonly ListenAddress[];
  /** Length of the kernel's queue of each listener, connections. */
  readonly backlog: number;
  /** Networks whose peers may connect over TCP; empty: any. */
  readonly allow: readonly Cidr[];
  /** Users that may connect to Unix sockets, names or numbers; like the next one empty: any. */
  readonly allowUid: readonly string[];
  /** Groups whose members may connect to Unix sockets, names or numbers. */
  readonly allowGid: readonly string[];
}

const MAX_BACKLOG = 65_535;

export const LISTENING: OptionRows<ListeningConfig> = {
  port: {
    valueName: 'N',
    type: orOff(scalar(address.parsePort)),
    default: '4000',
    onReload: 'stays',
    description: 'TCP port to listen on; 0: any free one',
  },
  host: {
    valueName: 'ADDR',
    type: scalar(address.parseHost),
    default: '127.0.0.1',
    onReload: 'stays',
    description: 'address that the port belongs to; 0.0.0.0 or ::, all interfaces',
  },
  socket: {
    valueName: 'PATH',
    type: orOff(scalar(address.parseSocketPath)),
    default: 'off',
    onReload: 'stays',
    description: 'Unix socket instead of TCP; with --port as well: both',
  },
  socketMode: {
    valueName: 'MODE',
    type: octalMode('an octal mode as text, such as "0660"'),
    default: '0660',
    onReload: 'stays',
    description: 'permissions of Unix sockets, octal',
  },
  socketOwner: {
    valueName: 'USER',
    type: text('a user name or number'),
    defaultText: 'unchanged',
    onReload: 'stays',
    description: 'owner of Unix sockets',
  },
  socketGroup: {
    valueName: 'GROUP',
    type: text('a group name or number'),
    defaultText: 'unchanged',
    onReload: 'stays',
    description: 'group of Unix sockets',
  },
  listen: {
    valueName: 'ADDR',
    type: list(scalar(address.parseListenAddress, address.formatListenAddress)),
    onReload: 'stays',
    description:
      'host:port, [v6]:port, unix:/path, fd:N or fd:NAME; replaces the default, adds to --port and --socket',
  },
  backlog: {
    valueName: 'N',
    type: wholeNumber(1, MAX_BACKLOG),
    default: '1024',
    onReload: 'stays',
    description: "length of the kernel's queue of each listener",
  },
  allow: {
    valueName: 'CIDR',
    type: list(scalar(parseCidr, formatCidr)),
    defaultText: 'any',
    onReload: 'stays',
    description: 'network whose peers may connect over TCP; others are closed at once',
  },
  allowUid: {
    valueName: 'USER',
    type: list(text('a user name or number')),
    defaultText: 'any',
    onReload: 'stays',
    description: 'user that may connect to Unix sockets; others are closed at once',
  },
  allowGid: {
    valueName: 'GROUP',
    type: list(text('a group name or number')),
    defaultText: 'any',
    onReload: 'stays',
    description: 'group whose members may connect to Unix sockets; others are closed at once',
  },
};
