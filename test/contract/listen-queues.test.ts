// The queues of real listening sockets, as the kernel tells of them.

import fs from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readListenQueues } from '../../src/ops/listen-queues.ts';
import type { Descriptor } from '../../src/posix/descriptor.ts';
import { createListener } from '../../src/posix/listeners.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { tempDir } from '../helpers/temp-dir.ts';

/** Connects so often to a socket at which nobody accepts. */
async function wait(address: PeerAddress, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const socket = connect(address);
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
  }
}

async function backlogOf({ fd }: Descriptor, isTcp: boolean): Promise<number | null | undefined> {
  const inode = fs.fstatSync(fd).ino;
  const [told] = await readListenQueues([{ address: '', isTcp, inode, limit: null }]);
  return told?.backlog;
}

it.each(['127.0.0.1', '::1'])('tells how many connections wait at %s', async (host) => {
  const { descriptor, address } = createListener({ kind: 'tcp', host, port: 0 }, { backlog: 16 });
  onTestFinished(() => descriptor.close());
  expect(await backlogOf(descriptor, true)).toBe(0);
  await wait({ host, port: address.kind === 'tcp' ? address.port : 0 }, 3);
  expect(await backlogOf(descriptor, true)).toBe(3);
});

it('tells of a Unix socket that was moved, and of one whose path is gone', async () => {
  const directory = tempDir();
  const [before, after] = [path.join(directory, 'a'), path.join(directory, 'b')];
  const { descriptor } = createListener({ kind: 'unix', path: before }, { backlog: 16 });
  onTestFinished(() => descriptor.close());
  fs.renameSync(before, after);
  await wait({ path: after }, 2);
  expect(await backlogOf(descriptor, false)).toBe(2);
  fs.unlinkSync(after);
  expect(await backlogOf(descriptor, false)).toBe(2);
});
