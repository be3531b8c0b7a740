// How the kernel knows our listeners, so that their queues can be found in what it tells.

import fs from 'node:fs';
import { formatListenAddress } from '../config/listen-address.ts';
import type { ListenQueue } from '../ops/listen-queues.ts';
import type { Dispatching } from './dispatching.ts';
import { kernelBacklogLimit } from './listeners.ts';

/** @param backlog - what was asked for, of those that are our own */
export function listenQueues(
  { listeners, descriptors }: Pick<Dispatching, 'listeners' | 'descriptors'>,
  backlog: number,
): ListenQueue[] {
  const granted = Math.min(backlog, kernelBacklogLimit() ?? backlog);
  return listeners.map((listener, i) => ({
    address: formatListenAddress(listener.address),
    isTcp: listener.isTcp,
    inode: inodeOf(descriptors[i]),
    // One that listened already keeps the queue that it has.
    limit: listener.inherited ? null : granted,
  }));
}

function inodeOf(fd: number | undefined): number | undefined {
  try {
    return fd === undefined ? undefined : fs.fstatSync(fd).ino;
  } catch {
    // Not a number that this system knows sockets by.
    return undefined;
  }
}
