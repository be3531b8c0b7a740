import fs from 'node:fs';
import net from 'node:net';
import { expect, it } from 'vitest';
import { InternalError } from '../../../src/errors.ts';
import { NOTHING, RESET } from '../../../src/posix/answers.ts';
import { Descriptor } from '../../../src/posix/descriptor.ts';
import { NativeBuffer } from '../../../src/posix/native-buffer.ts';
import {
  accept,
  isSending,
  localAddress,
  peerAddress,
  pollReadable,
  receive,
  resetOnClose,
  sendOnce,
  shutdownWrite,
} from '../../../src/posix/sockets.ts';
import {
  acceptNext,
  describeKernel,
  owned,
  startChild,
  streamPair,
  tcpListener,
} from './real-kernel.ts';

const hello = Buffer.from('hello');

describeKernel('a connection', () => {
  it('receives what is there, where it is told to', () => {
    const [a, b] = streamPair();
    const buffer = new NativeBuffer(8);
    expect(receive(a.fd, buffer, 0)).toBe(NOTHING);
    expect(sendOnce(b.fd, hello, 5)).toBe(5);
    expect(sendOnce(b.fd, hello, 2)).toBe(2);
    expect(receive(a.fd, buffer, 3)).toBe(5);
    expect(buffer.bytes.toString('latin1')).toBe('\0\0\0hello');
    expect(receive(a.fd, buffer, 0)).toBe(2);
    expect(buffer.bytes.toString('latin1')).toBe('he\0hello');
  });

  it('sends bytes from anywhere: a pool, a view, the heap of V8', () => {
    const [a, b] = streamPair();
    const buffer = new NativeBuffer(64);
    const sources = [
      Buffer.from('pooled'),
      Buffer.from('xxview').subarray(2),
      new Uint8Array([0x68, 0x65, 0x61, 0x70]),
      new Uint8Array(new SharedArrayBuffer(3)).fill(0x73),
    ];
    for (const bytes of sources) {
      expect(sendOnce(b.fd, bytes, bytes.length)).toBe(bytes.length);
      const count = receive(a.fd, buffer, 0);
      expect(buffer.bytes.subarray(0, count)).toEqual(Buffer.from(bytes));
    }
  });

  it('takes as much as it can, then nothing', () => {
    const [a, b] = streamPair();
    const big = Buffer.alloc(1 << 20, 1);
    const first = sendOnce(a.fd, big, big.length);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(big.length);
    expect(sendOnce(a.fd, big, big.length)).toBe(NOTHING);
    const buffer = new NativeBuffer(1 << 20);
    let received = 0;
    for (let count = 0; (count = receive(b.fd, buffer, 0)) > 0;) received += count;
    expect(received).toBe(first);
  });

  it('tells the end of the other side, and can still answer', () => {
    const [a, b] = streamPair();
    const buffer = new NativeBuffer(8);
    sendOnce(a.fd, hello, 5);
    expect(shutdownWrite(a.fd)).toBe(0);
    expect(receive(b.fd, buffer, 0)).toBe(5);
    expect(receive(b.fd, buffer, 0)).toBe(0);
    expect(sendOnce(b.fd, hello, 5)).toBe(5);
    expect(receive(a.fd, buffer, 0)).toBe(5);
  });

  it('that the peer has left is RESET, never an exception nor SIGPIPE', () => {
    const [a, b] = streamPair();
    sendOnce(a.fd, hello, 5);
    b.close(); // with unread bytes
    expect(receive(a.fd, new NativeBuffer(8), 0)).toBe(RESET);
    expect(sendOnce(a.fd, hello, 5)).toBe(RESET);
    expect(receive(a.fd, new NativeBuffer(8), 0)).toBe(0);
  });

  it('can be closed with a reset', async () => {
    const listener = tcpListener();
    const client = net.connect((listener.address as { port: number }).port);
    const gone = new Promise<NodeJS.ErrnoException>((resolve) => client.once('error', resolve));
    await new Promise((resolve) => client.once('connect', resolve));
    const connection = acceptNext(listener);
    resetOnClose(connection.fd);
    connection.close();
    expect((await gone).code).toBe('ECONNRESET');
  });

  it('that was reset has no address and cannot be shut down', async () => {
    const listener = tcpListener();
    const client = net.connect((listener.address as { port: number }).port);
    await new Promise((resolve) => client.once('connect', resolve));
    const connection = acceptNext(listener);
    client.resetAndDestroy();
    expect(pollReadable(connection.fd, 2_000)).toBe(true);
    expect(receive(connection.fd, new NativeBuffer(8), 0)).toBe(RESET);
    expect(peerAddress(connection.fd)).toBeUndefined();
    expect(shutdownWrite(connection.fd)).toBe(RESET);
  });

  it('has the address of its listener, and says whether our side is open', async () => {
    const listener = tcpListener();
    const client = net.connect((listener.address as { port: number }).port);
    await new Promise((resolve) => client.once('connect', resolve));
    const connection = acceptNext(listener);
    expect(localAddress(connection.fd)).toEqual(listener.address);
    expect(isSending(connection.fd)).toBe(true);
    shutdownWrite(connection.fd);
    expect(isSending(connection.fd)).toBe(false);
    client.destroy();
    // A Unix socket has no such state, and what is no socket no address.
    expect(isSending(streamPair()[0].fd)).toBe(false);
    const file = owned(new Descriptor(fs.openSync('/dev/null', 'r'), 'a file'));
    expect(localAddress(file.fd)).toBeUndefined();
  });

  it('is polled for a bounded time', () => {
    const [a, b] = streamPair();
    expect(pollReadable(a.fd, 0)).toBe(false);
    const begun = performance.now();
    expect(pollReadable(a.fd, 5)).toBe(false);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(4);
    sendOnce(b.fd, hello, 5);
    expect(pollReadable(a.fd, 1_000)).toBe(true);
    receive(a.fd, new NativeBuffer(8), 0);
    b.close();
    expect(pollReadable(a.fd, 1_000)).toBe(true);
  });

  it('can be given to a net.Socket', async () => {
    const [a, b] = streamPair();
    const socket = new net.Socket({ fd: a.release(), readable: true, writable: true });
    socket.end('from the socket');
    const buffer = new NativeBuffer(64);
    expect(pollReadable(b.fd, 2_000)).toBe(true);
    const count = receive(b.fd, buffer, 0);
    expect(buffer.bytes.toString('latin1', 0, count)).toBe('from the socket');
    b.close();
    await new Promise((resolve) => socket.once('close', resolve).resume());
  });
});

describeKernel('what is no connection', () => {
  it('is an error with call, name and subject', () => {
    const file = owned(new Descriptor(fs.openSync('/dev/null', 'r'), 'a file'));
    const { fd } = file;
    const error = (call: string, subject = `fd ${fd}`) =>
      expect.objectContaining({ call, errno: 'ENOTSOCK', subject });
    expect(() => receive(fd, new NativeBuffer(8), 0)).toThrow(error('recv'));
    expect(() => sendOnce(fd, hello, 5)).toThrow(error('send'));
    expect(() => accept(file)).toThrow(error('accept4', 'a file'));
    expect(() => shutdownWrite(fd)).toThrow(error('shutdown'));
    expect(() => resetOnClose(fd)).toThrow(error('setsockopt'));
    expect(() => peerAddress(fd)).toThrow(error('getpeername'));
    expect(() => pollReadable(99_999, 0)).toThrow('fd 99999 is polled and not open');
  });

  it('and memory beyond the end of a buffer is never touched', () => {
    const [a] = streamPair();
    const buffer = new NativeBuffer(8);
    for (const offset of [8, 9, -1]) {
      expect(() => receive(a.fd, buffer, offset)).toThrow(InternalError);
    }
    for (const length of [6, -1])
      expect(() => sendOnce(a.fd, hello, length)).toThrow(InternalError);
  });
});

describeKernel('a signal', () => {
  it('ends a wait or a poll at once, so that its handler runs', { timeout: 20_000 }, async () => {
    const [a] = streamPair();
    const child = startChild('interrupt', [a.fd]);
    for (const result of [0, false]) {
      expect(await child.report()).toBe('waiting');
      const again = setInterval(() => child.process.kill('SIGUSR2'), 100);
      expect(await child.report()).toEqual({ result, early: true });
      clearInterval(again);
    }
    child.process.kill('SIGKILL');
    await child.exited;
  });
});
