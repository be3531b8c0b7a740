// Who may connect over TCP.

import type { BlockList } from 'node:net';
import { peerAddress } from '../../posix/sockets.ts';

/** Returns the address of a TCP peer that is not on the list; undefined for all who may be served. */
export function strangerAt(fd: number, allow: BlockList | undefined): string | undefined {
  const peer = allow === undefined ? undefined : peerAddress(fd);
  if (allow === undefined || peer?.kind !== 'tcp') return undefined;
  const isListed = allow.check(peer.host, peer.host.includes(':') ? 'ipv6' : 'ipv4');
  return isListed ? undefined : peer.host;
}
