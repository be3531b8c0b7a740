import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { OpenSockets } from '../../../src/connection/open-sockets.ts';
import { StreamTransport } from '../../../src/connection/stream-transport.ts';
import { RESET } from '../../../src/posix/answers.ts';
import { closeFd } from '../../../src/posix/descriptor.ts';
import { createListener } from '../../../src/posix/listeners.ts';
import { NativeBuffer } from '../../../src/posix/native-buffer.ts';
import { accept, receive } from '../../../src/posix/sockets.ts';

it.each([
  ['what it has sent', 1_000],
  ['what the peer does not take', 50_000_000],
])(
  'cuts a connection over TCP by a reset, with no end before it, behind %s',
  async (_what, bytes) => {
    const { descriptor, address } = createListener(
      { kind: 'tcp', host: '127.0.0.1', port: 0 },
      { backlog: 1 },
    );
    const socket = connect((address as { port: number }).port, '127.0.0.1');
    await once(socket, 'connect');
    const peer = accept(descriptor);
    const transport = new StreamTransport(socket, new OpenSockets());
    transport.send([Buffer.alloc(bytes)]);
    transport.cut();
    // Asked before Node does anything more.
    expect(received(peer)).toBe(RESET);
    closeFd(peer);
    descriptor.close();
  },
);

/** How the stream ends for somebody who reads all of it at once. */
function received(fd: number): number {
  const buffer = new NativeBuffer(65_536);
  for (;;) {
    const count = receive(fd, buffer, 0);
    if (count <= 0) return count;
  }
}
