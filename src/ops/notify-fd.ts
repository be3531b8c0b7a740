// A descriptor on which somebody waits for one line: "this service is ready" (s6's notification-fd).

import fs from 'node:fs';
import { ServerError } from '../errors.ts';
import { Descriptor } from '../posix/descriptor.ts';
import { keepFromChildren } from '../posix/end-listening.ts';
import { posixUnavailable } from '../posix/libc.ts';

const FIRST_FD = 3;
/** Node's own descriptors are among the first. */
const LAST_OWN_FD = 63;

/**
 * Checks the descriptor, and keeps it from children. (Of the first sixteen node does that itself.)
 *
 * @returns what tells that the service is ready, once
 * @throws ServerError `ERR_SCGI_CONFIG` when it is not open, or is one of node's own
 */
export function openNotifyFd(fd: number): () => void {
  if (!isOurs(fd)) {
    const expected = 'an open descriptor that somebody reads, such as that of notification-fd';
    const message = `notify-fd: expected ${expected}, and the server was started without fd ${fd}`;
    throw new ServerError('ERR_SCGI_CONFIG', message);
  }
  if (posixUnavailable() === undefined) keepFromChildren(new Descriptor(fd, `fd:${fd}`));
  return () => {
    fs.writeSync(fd, '\n');
    fs.closeSync(fd);
  };
}

/** What node opens for itself gets the numbers that it was not started with: events, and both ends of pipes. */
function isOurs(fd: number): boolean {
  const stats = statIfOpen(fd);
  if (stats === undefined) return false;
  const isOfKnownKind = stats.isFile() || stats.isSocket() || stats.isCharacterDevice();
  return isOfKnownKind || (stats.isFIFO() && !hasOtherEnd(fd, stats));
}

function hasOtherEnd(fd: number, { dev, ino }: fs.Stats): boolean {
  for (let other = FIRST_FD; other <= LAST_OWN_FD; other++) {
    const stats = other === fd ? undefined : statIfOpen(other);
    if (stats !== undefined && stats.dev === dev && stats.ino === ino) return true;
  }
  return false;
}

function statIfOpen(fd: number): fs.Stats | undefined {
  try {
    return fs.fstatSync(fd);
  } catch {
    // EBADF: it is not open.
    return undefined;
  }
}
