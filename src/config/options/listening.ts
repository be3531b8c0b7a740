// Options: where the server listens and who may connect.

import { z } from 'zod';
import { type Cidr, formatCidr, parseCidr } from '../cidr.ts';
import { show, unexpected } from '../expectation.ts';
import type { ListenAddress } from '../listen-address.ts';
import * as address from '../listen-address.ts';
import type { OptionRows } from '../option-row.ts';
import type { ValueType } from '../value-type.ts';
import { list, orOff, scalar, text, wholeNumber } from '../value-type.ts';

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
}

const MAX_BACKLOG = 65_535;

export const LISTENING: OptionRows<ListeningConfig> = {
  port: {
    valueName: 'N',
    type: orOff(scalar(address.parsePort)),
    default: '4000',
    description: 'TCP port to listen on; 0: any free one',
  },
  host: {
    valueName: 'ADDR',
    type: scalar(address.parseHost),
    default: '127.0.0.1',
    description: 'address that the port belongs to; 0.0.0.0 or ::, all interfaces',
  },
  socket: {
    valueName: 'PATH',
    type: orOff(scalar(address.parseSocketPath)),
    default: 'off',
    description: 'Unix socket instead of TCP; with --port as well: both',
  },
  socketMode: {
    valueName: 'MODE',
    type: octalMode(),
    default: '0660',
    description: 'permissions of Unix sockets, octal',
  },
  socketOwner: {
    valueName: 'USER',
    type: text('a user name or number'),
    defaultText: 'unchanged',
    description: 'owner of Unix sockets',
  },
  socketGroup: {
    valueName: 'GROUP',
    type: text('a group name or number'),
    defaultText: 'unchanged',
    description: 'group of Unix sockets',
  },
  listen: {
    valueName: 'ADDR',
    type: list(scalar(address.parseListenAddress, address.formatListenAddress)),
    description:
      'host:port, [v6]:port, unix:/path, fd:N or fd:NAME; replaces the default, adds to --port and --socket',
  },
  backlog: {
    valueName: 'N',
    type: wholeNumber(1, MAX_BACKLOG),
    default: '1024',
    description: "length of the kernel's queue of each listener",
  },
  allow: {
    valueName: 'CIDR',
    type: list(scalar(parseCidr, formatCidr)),
    defaultText: 'any',
    description: 'network whose peers may connect over TCP; others are closed at once',
  },
};

/** Text only: as numbers, JavaScript's 0o660 and JSON's 660 are two different modes. */
function octalMode(): ValueType<number> {
  const expected = 'an octal mode as text, such as "0660"';
  const digits = scalar(
    (given) => {
      if (!/^0?[0-7]{3}$/.test(given)) throw unexpected(expected, given);
      return Number.parseInt(given, 8);
    },
    (mode) => mode.toString(8).padStart(4, '0'),
  );
  const onlyText = z.unknown().refine((given): boolean => typeof given === 'string', {
    error: ({ input }) => `expected ${expected}, got ${show(input)}`,
  });
  return { ...digits, schema: onlyText.pipe(digits.schema) };
}
