// How many connections wait in the kernel for each listener, where the kernel tells (Linux). It is read without
// blocking, and no further than a bound: a busy machine has many thousand sockets.

import { open } from 'node:fs/promises';
import type { QueueReader } from './proc-net.ts';
import { tcpQueues, unixQueues } from './proc-net.ts';
import type { ListenerStatus } from './server-status.ts';

/** A listener as the kernel knows it. */
export interface ListenQueue {
  /** As in the log. */
  address: string;
  isTcp: boolean;
  /** Inode of its socket; `undefined`: not known. */
  inode: number | undefined;
  /** Most that its queue holds; `null`: not known. */
  limit: number | null;
}

const PIECE_BYTES = 64 * 1024;
/** Some fifty thousand sockets. What is not found before is not known. */
const MOST_BYTES = 4 * 1024 * 1024;

/** @param directory - where the kernel tells; a parameter for tests */
export async function readListenQueues(
  listeners: readonly ListenQueue[],
  directory: string = '/proc/net',
): Promise<ListenerStatus[]> {
  const has = (isTcp: boolean): boolean =>
    listeners.some((one) => one.isTcp === isTcp && one.inode !== undefined);
  const [tcp, tcp6, unix] = await Promise.all([
    has(true) ? readQueues(`${directory}/tcp`, tcpQueues()) : NOTHING,
    has(true) ? readQueues(`${directory}/tcp6`, tcpQueues()) : NOTHING,
    has(false) ? readQueues(`${directory}/unix`, unixQueues()) : NOTHING,
  ]);
  return listeners.map(({ address, isTcp, inode = -1, limit }) => {
    const backlog = isTcp ? (tcp.get(inode) ?? tcp6.get(inode)) : unix.get(inode);
    return { address, backlog: backlog ?? null, limit };
  });
}

const NOTHING: ReadonlyMap<number, number> = new Map();

async function readQueues(path: string, reader: QueueReader): Promise<ReadonlyMap<number, number>> {
  try {
    return (await readLines(path, reader)) ? reader.queues() : NOTHING;
  } catch {
    // No such file: another system, or one without IPv6.
    return NOTHING;
  }
}

/** @returns false when there was more than is read */
async function readLines(path: string, reader: QueueReader): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    let rest = '';
    for (let bytes = 0; bytes < MOST_BYTES;) {
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, null);
      if (bytesRead === 0) return true;
      bytes += bytesRead;
      const lines = (rest + piece.toString('latin1', 0, bytesRead)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (!reader.line(line)) return true;
    }
    return false;
  } finally {
    await file.close();
  }
}
