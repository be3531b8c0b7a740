// Who may connect to Unix sockets: names become numbers.

import type { Config } from '../config/config.ts';
import { ServerError } from '../errors.ts';
import { resolveGroupId, resolveUserId } from '../ops/user-ids.ts';
import { posixUnavailable } from '../posix/libc.ts';

/** Users and groups whose processes may connect. */
export interface LocalPeers {
  readonly uids: readonly number[];
  readonly gids: readonly number[];
}

/**
 * Returns who may connect; `undefined`: whoever may open the socket.
 *
 * @throws ServerError `ERR_SCGI_CONFIG` for an unknown name, or where the kernel cannot be asked
 */
export function resolveLocalPeers({
  allowUid,
  allowGid,
}: Pick<Config, 'allowUid' | 'allowGid'>): LocalPeers | undefined {
  if (allowUid.length === 0 && allowGid.length === 0) return undefined;
  const reason = posixUnavailable();
  if (reason !== undefined) {
    const message = `--allow-uid and --allow-gid need native calls, which do not work here: ${reason}`;
    throw new ServerError('ERR_SCGI_CONFIG', message);
  }
  return {
    uids: allowUid.map((user) => resolveUserId(user)),
    gids: allowGid.map((group) => resolveGroupId(group)),
  };
}
