// The control socket of a server that has one, and the secret of the pings that come through it.

import { randomBytes } from 'node:crypto';
import { pingDigest } from '../ipc/ping.ts';
import type { ControlSocket } from './control-socket.ts';

export interface Control extends ControlSocket {
  /** What the pings through it hold. */
  pingSecret: string;
  /** What workers know these by. */
  pingDigest: string;
}

/** @throws ServerError `ERR_SCGI_LISTEN` when the path cannot be used */
export async function openControl(path: string | undefined): Promise<Control | undefined> {
  if (path === undefined) return undefined;
  // Loaded as needed: most servers have none.
  const { openControlSocket } = await import('./control-socket.ts');
  const socket = await openControlSocket(path);
  const pingSecret = randomBytes(16).toString('hex');
  return { ...socket, pingSecret, pingDigest: pingDigest(pingSecret) };
}
