// Who may connect, where Node accepts.

import type { BlockList, Socket } from 'node:net';
import type { Stranger } from '../dispatcher.ts';

/** Peers that are served; what is absent sets no limit. */
export interface PeerChecks {
  /** Those of TCP. */
  allow?: BlockList | undefined;
  /** Tells of a connection of a Unix socket, by its descriptor, if its peer may not be served. */
  localStrangerAt?: ((fd: number) => Stranger | undefined) | undefined;
}

/** Returns the peer of a connection if it may not be served; undefined for all who may. */
export function strangerOf(
  socket: Socket,
  isTcp: boolean,
  { allow, localStrangerAt }: PeerChecks,
): Stranger | undefined {
  if (!isTcp) return localStrangerAt && localStrangerOf(socket, localStrangerAt);
  const { remoteAddress: address, remoteFamily } = socket;
  if (allow === undefined || address === undefined) return undefined;
  const isListed = allow.check(address, remoteFamily === 'IPv6' ? 'ipv6' : 'ipv4');
  return isListed ? undefined : { address, rule: '--allow' };
}

/** The descriptor is there, though Node shows it to nobody. One that is closed already has none. */
function localStrangerOf(
  socket: Socket,
  strangerAt: (fd: number) => Stranger | undefined,
): Stranger | undefined {
  const { _handle: handle } = socket as Socket & { _handle?: { fd?: unknown } | null };
  const fd = handle?.fd;
  if (typeof fd === 'number' && fd >= 0) return strangerAt(fd);
  return { address: 'a process that is gone', rule: '--allow-uid or --allow-gid' };
}
