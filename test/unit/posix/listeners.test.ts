import fs from 'node:fs';
import net from 'node:net';
import { expect, it } from 'vitest';
import { NOTHING } from '../../../src/posix/answers.ts';
import { Descriptor } from '../../../src/posix/descriptor.ts';
import { loadPosix } from '../../../src/posix/libc.ts';
import {
  adoptListener,
  createListener,
  isListening,
  isNonBlocking,
} from '../../../src/posix/listeners.ts';
import {
  decodeAddress,
  encodeAddress,
  formatSocketAddress,
} from '../../../src/posix/socket-address.ts';
import { accept, peerAddress } from '../../../src/posix/sockets.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { acceptNext, describeKernel, openDescriptors, owned, tcpListener } from './real-kernel.ts';

const hasIPv6 =
  fs.existsSync('/proc/net/if_inet6') && fs.readFileSync('/proc/net/if_inet6', 'utf8') !== '';

async function connected(options: net.NetConnectOpts): Promise<net.Socket> {
  const socket = net.connect(options);
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  return socket;
}

describeKernel('a listener of our own', () => {
  it('tells the real port, does not block, and accepts', async () => {
    const listener = tcpListener();
    const { address } = listener;
    expect(address).toEqual({ kind: 'tcp', host: '127.0.0.1', port: expect.any(Number) });
    expect(accept(listener.descriptor)).toBe(NOTHING);
    expect(isNonBlocking(listener.descriptor)).toBe(true);

    const client = await connected({ port: (address as { port: number }).port });
    const connection = acceptNext(listener);
    expect(isNonBlocking(connection)).toBe(true);
    expect(peerAddress(connection.fd)).toEqual({
      kind: 'tcp',
      host: '127.0.0.1',
      port: client.localPort,
    });
    client.destroy();
  });

  it.runIf(hasIPv6)('listens on IPv6 alone', async () => {
    const listener = tcpListener('::');
    const { port } = listener.address as { port: number };
    // The same port is free for IPv4.
    owned(createListener({ kind: 'tcp', host: '0.0.0.0', port }, { backlog: 1 }).descriptor);
    const client = await connected({ host: '::1', port });
    const connection = acceptNext(listener);
    expect(peerAddress(connection.fd)).toMatchObject({ host: '::1', port: client.localPort });
    client.destroy();
  });

  it('listens on a Unix socket, and says its path', async () => {
    const path = `${tempDir()}/s`;
    const { descriptor, address } = createListener({ kind: 'unix', path }, { backlog: 1 });
    owned(descriptor);
    expect(address).toEqual({ kind: 'unix', path });
    const client = await connected({ path });
    expect(peerAddress(acceptNext({ descriptor, address }).fd)).toEqual({ kind: 'unix', path: '' });
    client.destroy();
  });

  it('takes a path of 107 bytes, and refuses one of 108', () => {
    const dir = tempDir();
    const path = `${dir}/${'x'.repeat(106 - dir.length)}`;
    const { descriptor, address } = createListener({ kind: 'unix', path }, { backlog: 1 });
    owned(descriptor);
    expect(address).toEqual({ kind: 'unix', path });
    expect(fs.readdirSync(dir)).toEqual([path.slice(dir.length + 1)]);
    expect(() => createListener({ kind: 'unix', path: `${path}x` }, { backlog: 1 })).toThrow(
      expect.objectContaining({ call: 'bind', errno: 'ENAMETOOLONG', subject: `unix:${path}x` }),
    );
  });

  it('says which address is in use, and leaves nothing open', () => {
    const { address } = tcpListener();
    const before = openDescriptors().size;
    expect(() => createListener(address, { backlog: 1 })).toThrow(
      expect.objectContaining({
        call: 'bind',
        errno: 'EADDRINUSE',
        subject: formatSocketAddress(address),
      }),
    );
    expect(openDescriptors().size).toBe(before);
  });

  it('can be bound again at once while an old connection lingers', async () => {
    const listener = tcpListener();
    const client = await connected({ port: (listener.address as { port: number }).port });
    const connection = acceptNext(listener);
    connection.close(); // our side closes first and is left in TIME_WAIT
    await new Promise((resolve) => client.once('close', resolve).resume());
    listener.descriptor.close();
    const again = createListener(listener.address, { backlog: 1 });
    owned(again.descriptor);
    expect(again.address).toEqual(listener.address);
  });

  it('shows a connection only when it has sent something, if asked to', async () => {
    const { descriptor, address } = createListener(
      { kind: 'tcp', host: '127.0.0.1', port: 0 },
      { backlog: 4, deferAcceptSeconds: 5 },
    );
    owned(descriptor);
    const client = await connected({ port: (address as { port: number }).port });
    expect(accept(descriptor)).toBe(NOTHING);
    client.write('x');
    acceptNext({ descriptor, address });
    client.destroy();
  });

  it('wants an address, not a name', () => {
    const name = { kind: 'tcp', host: 'localhost', port: 1 } as const;
    expect(() => createListener(name, { backlog: 1 })).toThrow('expected an IP address');
  });
});

describeKernel('an inherited listener', () => {
  const F_SETFL = 4;

  it('is made non-blocking, with its flag seen by all who share it', async () => {
    const original = tcpListener();
    loadPosix().fcntl(original.descriptor.fd, F_SETFL, 'int', 0);
    expect(isNonBlocking(original.descriptor)).toBe(false);

    const { fd } = original.descriptor;
    const adopted = adoptListener(original.descriptor.release());
    owned(adopted.descriptor);
    expect(adopted.address).toEqual(original.address);
    expect(adopted.descriptor).toMatchObject({ fd, subject: `fd:${fd}` });
    expect(isNonBlocking(adopted.descriptor)).toBe(true);
    expect(accept(adopted.descriptor)).toBe(NOTHING);
    const client = await connected({ port: (adopted.address as { port: number }).port });
    acceptNext(adopted);
    client.destroy();
  });

  it('returns from accept4 within milliseconds even if somebody makes it block again', () => {
    const adopted = adoptListener(tcpListener().descriptor.release());
    owned(adopted.descriptor);
    loadPosix().fcntl(adopted.descriptor.fd, F_SETFL, 'int', 0);
    const begun = performance.now();
    expect(accept(adopted.descriptor)).toBe(NOTHING);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it('is refused with a reason, and left open, where it is none', () => {
    const file = owned(new Descriptor(fs.openSync('/dev/null', 'r'), 'a file'));
    expect(() => adoptListener(file.fd)).toThrow(expect.objectContaining({ errno: 'ENOTSOCK' }));
    const posix = loadPosix();
    const datagram = owned(new Descriptor(posix.socket(2, 2, 0), 'a datagram socket'));
    expect(() => adoptListener(datagram.fd)).toThrow(
      `accept4 on fd:${datagram.fd} failed: EOPNOTSUPP`,
    );
    expect(() => isListening(datagram)).toThrow('EOPNOTSUPP');
    const idle = owned(new Descriptor(posix.socket(2, 1, 0), 'a socket'));
    expect(isListening(idle)).toBe(false);
    expect(isListening(tcpListener().descriptor)).toBe(true);
    expect(() => adoptListener(idle.fd)).toThrow(expect.objectContaining({ errno: 'EINVAL' }));
    expect(() => adoptListener(99_999)).toThrow(expect.objectContaining({ errno: 'EBADF' }));
    expect([file, datagram, idle].map(({ isOpen }) => isOpen)).toEqual([true, true, true]);
  });
});

describeKernel('addresses', () => {
  it('are read as they are written', () => {
    for (const host of [
      '1.2.3.4',
      '::',
      '::1',
      '2001:db8::a:0:0:1',
      '::ffff:1.2.3.4',
      'fe80::1%1',
    ]) {
      const { bytes } = encodeAddress({ kind: 'tcp', host, port: 65_535 });
      expect(decodeAddress(bytes, bytes.length)).toEqual({ kind: 'tcp', host, port: 65_535 });
    }
    const { bytes } = encodeAddress({ kind: 'unix', path: '/tmp/ä' });
    expect(decodeAddress(bytes, bytes.length)).toEqual({ kind: 'unix', path: '/tmp/ä' });
    expect(encodeAddress({ kind: 'tcp', host: 'fe80::1%lo', port: 1 }).bytes.readUInt32LE(24)).toBe(
      1,
    );
    expect(decodeAddress(Buffer.from([16, 0, 0, 0]), 4)).toBeUndefined();
  });

  it('are shown as people write them', () => {
    expect(formatSocketAddress({ kind: 'tcp', host: '::1', port: 1 })).toBe('[::1]:1');
    expect(formatSocketAddress({ kind: 'tcp', host: '1.2.3.4', port: 1 })).toBe('1.2.3.4:1');
    expect(formatSocketAddress({ kind: 'unix', path: '/s' })).toBe('unix:/s');
  });
});
