// The service manager's socket for news of this service: NOTIFY_SOCKET of systemd (sd_notify(3)).

import { DatagramSocket } from '../posix/datagram.ts';
import { posixUnavailable } from '../posix/libc.ts';
import type { SocketAddress } from '../posix/socket-address.ts';

/** Sends a message. @returns false when the receiver takes none just now; it throws when there is no receiver */
export type SendMessage = (message: string) => boolean;

/**
 * Finds out how messages are sent to `name`. To start `systemd-notify` where we cannot send any ourselves would
 * not do: what another process than the main one says is not heard, unless the unit allows it to all.
 *
 * @param name - a path, or `@` and a name that is no file
 * @param warn - told why nothing can be sent
 */
export function openNotifySocket(
  name: string | undefined,
  warn: (message: string) => void,
): SendMessage | undefined {
  if (name === undefined) return undefined;
  const reason = posixUnavailable();
  if (reason !== undefined) {
    warn(`the service manager is told nothing (use Type=exec instead of notify): ${reason}`);
    return undefined;
  }
  const address = toAddress(name);
  if (address === undefined) {
    warn(`NOTIFY_SOCKET: expected the path of a socket, or @NAME, got ${JSON.stringify(name)}`);
    return undefined;
  }
  const socket = new DatagramSocket(address);
  return (message) => socket.send(message);
}

function toAddress(name: string): SocketAddress | undefined {
  if (name.startsWith('/')) return { kind: 'unix', path: name };
  return /^@./.test(name) ? { kind: 'unix', path: `\0${name.slice(1)}` } : undefined;
}
