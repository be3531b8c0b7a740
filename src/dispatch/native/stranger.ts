// Who may connect: over TCP by network, through Unix sockets by user and group.

import type { BlockList } from 'node:net';
import { peerCredentials, peerGroups } from '../../posix/peer-credentials.ts';
import { peerAddress } from '../../posix/sockets.ts';
import type { LocalPeers } from '../../privileges/local-peers.ts';
import type { Stranger } from '../dispatcher.ts';

/** Peers that are served; what is absent sets no limit. */
export interface PeerRules {
  allow?: BlockList | undefined;
  allowLocal?: LocalPeers | undefined;
}

/** Returns the peer of a connection if it may not be served; undefined for all who may. */
export function strangerAt(fd: number, { allow, allowLocal }: PeerRules): Stranger | undefined {
  if (allow === undefined && allowLocal === undefined) return undefined;
  const peer = peerAddress(fd);
  if (peer?.kind !== 'tcp') return localStrangerAt(fd, allowLocal);
  const family = peer.host.includes(':') ? 'ipv6' : 'ipv4';
  if (allow === undefined || allow.check(peer.host, family)) return undefined;
  return { address: peer.host, rule: '--allow' };
}

/** The same for a connection that is one of a Unix socket. */
export function localStrangerAt(fd: number, allow: LocalPeers | undefined): Stranger | undefined {
  const peer = allow === undefined ? undefined : peerCredentials(fd);
  if (allow === undefined || peer === undefined) return undefined;
  const { pid, uid, gid } = peer;
  if (allow.uids.includes(uid) || allow.gids.includes(gid)) return undefined;
  const isMember = allow.gids.length > 0 && peerGroups(fd).some((id) => allow.gids.includes(id));
  if (isMember) return undefined;
  return { address: `process ${pid} (uid ${uid}, gid ${gid})`, rule: '--allow-uid or --allow-gid' };
}
