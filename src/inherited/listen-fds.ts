// The sockets that systemd, or whoever does as it does, has passed to this process (sd_listen_fds(3)). Pure.

import { show } from '../config/expectation.ts';
import { ServerError } from '../errors.ts';

/** A socket that was passed, by its number; `name` is what the one who passed it calls it. */
export interface PassedSocket {
  readonly fd: number;
  readonly name: string | undefined;
}

export interface ListenFds {
  readonly sockets: readonly PassedSocket[];
  /** The process that they are meant for, which is not this one. */
  readonly foreignPid?: string;
}

/** The first of them, SD_LISTEN_FDS_START. */
const FIRST_FD = 3;

/**
 * Reads `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`. What is meant for another process, as when a
 * program in between has started this one, is none of ours.
 *
 * @throws ServerError `ERR_SCGI_CONFIG` when it is meant for us and is no number
 */
export function readListenFds(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): ListenFds {
  const { LISTEN_PID: meant, LISTEN_FDS: count, LISTEN_FDNAMES: names = '' } = env;
  if (meant === undefined || count === undefined) return { sockets: [] };
  if (meant !== String(pid)) return { sockets: [], foreignPid: meant };
  if (!/^\d{1,4}$/.test(count)) {
    const message = `LISTEN_FDS: expected how many sockets are passed from fd 3 on, got ${show(count)}`;
    throw new ServerError('ERR_SCGI_CONFIG', message);
  }
  const known = names.split(':');
  const sockets = Array.from({ length: Number(count) }, (_, i) => ({
    fd: FIRST_FD + i,
    name: known[i] || undefined,
  }));
  return { sockets };
}
