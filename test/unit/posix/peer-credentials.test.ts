import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createListener } from '../../../src/posix/listeners.ts';
import { peerCredentials, peerGroups } from '../../../src/posix/peer-credentials.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { acceptNext, describeKernel, owned, streamPair, tcpListener } from './real-kernel.ts';

const US = { pid: process.pid, uid: process.geteuid!(), gid: process.getegid!() };
const own = new Set(process.getgroups!());

describeKernel('the peer of a Unix socket', () => {
  it('is a process with a user and groups', () => {
    const file = path.join(tempDir(), 's');
    const listener = createListener({ kind: 'unix', path: file }, { backlog: 1 });
    owned(listener.descriptor);
    const peer = connect(file);
    const connection = acceptNext(listener);
    expect(peerCredentials(connection.fd)).toEqual(US);
    // getgroups(2) may add the group that is not a supplementary one.
    for (const gid of peerGroups(connection.fd)) expect(own).toContain(gid);
    peer.destroy();
  });

  it('is known of a pair as well', () => {
    const [{ fd }] = streamPair();
    expect(peerCredentials(fd)).toEqual(US);
  });

  it('is still known when it is gone', () => {
    const [a, b] = streamPair();
    b.close();
    expect(peerCredentials(a.fd)).toEqual(US);
  });
});

describeKernel('the peer of a TCP connection', () => {
  it('is no process', async () => {
    const listener = tcpListener();
    const { port } = listener.address as { port: number };
    const peer = connect(port, '127.0.0.1');
    await once(peer, 'connect');
    const { fd } = acceptNext(listener);
    expect(peerCredentials(fd)).toBeUndefined();
    expect(peerGroups(fd)).toEqual([]);
    peer.destroy();
  });
});

describeKernel('a descriptor that is not open', () => {
  it('is an error', () => {
    const error = expect.objectContaining({ call: 'getsockopt', errno: 'EBADF' });
    expect(() => peerCredentials(99_999)).toThrow(error);
    expect(() => peerGroups(99_999)).toThrow(error);
  });
});
