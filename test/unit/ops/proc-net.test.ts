import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ListenQueue } from '../../../src/ops/listen-queues.ts';
import { readListenQueues } from '../../../src/ops/listen-queues.ts';
import type { QueueReader } from '../../../src/ops/proc-net.ts';
import { tcpQueues, unixQueues } from '../../../src/ops/proc-net.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:A9EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17881116 1 00000000d00fe7cf 100 0 0 10 0
   1: 0100007F:CAA1 00000000:0000 0A 00000000:0000001F 00:00000000 00000000 65534        0 17881163 3 0000000016dbee5f 100 0 0 10 0
   2: 0100007F:A303 0100007F:A704 06 00000000:00000000 03:00001234 00000000     0        0 0 3 00000000be7434bb
   3: 0100007F:A303 0100007F:A705 01 00000000:00000005 00:00000000 00000000     0        0 17881199 1 00000000be7434bc 20 4 30 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:8F87 00000000000000000000000000000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 17881172 1 00000000eae6a9f5 100 0 0 10 0
`;
const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
000000003e2f6ab1: 00000003 00000000 00000000 0001 02     0 /run/app.sock.4711
00000000bb2b85e2: 00000002 00000000 00010000 0001 01 17881148 /run/app.sock.4711
000000007c30e0b4: 00000003 00000000 00000000 0001 02     0 /run/app.sock.4711
00000000fbdf6e57: 00000003 00000000 00000000 0001 03 17881152 /run/app.sock.4711
0000000003a65212: 00000002 00000000 00010000 0001 01 17881173 @abs tract
0000000003a65213: 00000002 00000000 00000000 0001 02     0 @abs tract
0000000003a65214: 00000002 00000000 00000000 0002 01 17881174
0000000003a65215: 00000002 00000000 00000000 0001 01 17881175 /run/app.sock.4711
`;

function read(reader: QueueReader, text: string): [inode: number, waiting: number][] {
  for (const line of text.split('\n')) if (!reader.line(line)) break;
  return [...reader.queues()];
}

function of(isTcp: boolean, inode?: number): ListenQueue {
  return { address: 'a', isTcp, inode, limit: 9 };
}

describe('queues of listeners in /proc/net', () => {
  it('are read up to the last listener, where they are those of TCP', () => {
    expect(read(tcpQueues(), TCP)).toEqual([
      [17881116, 0],
      [17881163, 31],
    ]);
    expect(read(tcpQueues(), TCP6)).toEqual([[17881172, 2]]);
    const lines = TCP.split('\n');
    const reader = tcpQueues();
    expect(lines.slice(0, 4).map((line) => reader.line(line))).toEqual([true, true, true, false]);
  });

  it('are found under the path that a Unix socket was bound with, or its abstract name', () => {
    expect(read(unixQueues(), UNIX)).toEqual([
      [17881148, 2],
      [17881173, 1],
    ]);
  });

  it('are told of each listener, and null where they are not known', async () => {
    const directory = tempDir();
    for (const [name, text] of Object.entries({ tcp: TCP, tcp6: TCP6, unix: UNIX }))
      fs.writeFileSync(path.join(directory, name), text);
    const listeners = [
      of(true, 17881163),
      of(true, 17881172),
      of(false, 17881148),
      of(false, 17881175),
      of(true),
    ];
    const told = await readListenQueues(listeners, directory);
    expect(told.map(({ backlog }) => backlog)).toEqual([31, 2, 2, null, null]);
    expect(told[0]).toEqual({ address: 'a', backlog: 31, limit: 9 });
    const elsewhere = await readListenQueues(listeners, path.join(directory, 'missing'));
    expect(elsewhere.every(({ backlog }) => backlog === null)).toBe(true);
  });

  it('are read piece by piece, and not at all where there is too much', async () => {
    const directory = tempDir();
    const [heading, ...rows] = UNIX.trimEnd().split('\n');
    const other = '00000000fbdf6e57: 00000003 00000000 00000000 0001 03 17881152 /run/other.sock\n';
    const listener = { address: 'a', isTcp: false, inode: 17881148, limit: null };
    const ask = async (others: number): Promise<number | null | undefined> => {
      const text = `${heading}\n${other.repeat(others)}${rows.join('\n')}\n`;
      fs.writeFileSync(path.join(directory, 'unix'), text);
      return (await readListenQueues([listener], directory))[0]?.backlog;
    };
    expect(await ask(20_000)).toBe(2);
    expect(await ask(60_000)).toBeNull();
  });
});
