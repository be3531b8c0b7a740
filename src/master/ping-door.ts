// Through which listener a server pings itself. Pure.

import type { Config } from '../config/config.ts';
import type { PingTarget } from '../ops/ping.ts';
import type { Dispatching } from './dispatching.ts';

/** Rather one that refuses nobody. */
export function doorOf(
  listeners: Dispatching['listeners'],
  { allow, allowUid, allowGid }: Pick<Config, 'allow' | 'allowUid' | 'allowGid'>,
): Pick<PingTarget, 'address' | 'rules'> {
  const rulesOfTcp = allow.length > 0 ? '--allow' : undefined;
  const isLimited = allowUid.length > 0 || allowGid.length > 0;
  const rulesOfUnix = isLimited ? '--allow-uid and --allow-gid' : undefined;
  const doors = listeners.map(({ address, isTcp }) => ({
    address,
    rules: isTcp ? rulesOfTcp : rulesOfUnix,
  }));
  const reachable = doors.filter(({ address }) => address.kind !== 'fd');
  const best = reachable.find(({ rules }) => rules === undefined) ?? reachable[0] ?? doors[0];
  return best ?? { address: { kind: 'fd', fd: -1 }, rules: undefined };
}
