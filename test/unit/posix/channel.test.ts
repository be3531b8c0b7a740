import { expect, it } from 'vitest';
import { FULL, GONE, MESSAGE, NOTHING, TRUNCATED, EXHAUSTED } from '../../../src/posix/answers.ts';
import { Channel, createChannel } from '../../../src/posix/channel.ts';
import { closeFd, Descriptor } from '../../../src/posix/descriptor.ts';
import { loadPosix } from '../../../src/posix/libc.ts';
import { NativeBuffer } from '../../../src/posix/native-buffer.ts';
import { pollReadable, receive, sendOnce } from '../../../src/posix/sockets.ts';
import {
  describeKernel,
  isOpen,
  openDescriptors,
  owned,
  startChild,
  streamPair,
  tcpListener,
} from './real-kernel.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import net from 'node:net';

function channel(): [Channel, Channel] {
  const [near, far] = createChannel("worker 3's channel");
  return [new Channel(owned(near)), new Channel(owned(far))];
}

/** Says a word on one descriptor and hears it on the other. */
function talk(from: number, to: number, word: string): string {
  const buffer = new NativeBuffer(64);
  sendOnce(from, Buffer.from(word), word.length);
  expect(pollReadable(to, 2_000)).toBe(true);
  return buffer.bytes.toString('latin1', 0, receive(to, buffer, 0));
}

describeKernel('a channel', () => {
  it('carries connections and numbers, in order, both ways', () => {
    const [near, far] = channel();
    const [a, b] = streamPair();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      expect(to.receive()).toBe(NOTHING);
      expect(from.sendMessage(0xffff_ffff)).toBe(0);
      expect(from.sendConnection(a.fd, 0x8000_0001)).toBe(0);
      expect(from.sendMessage(0)).toBe(0);

      expect(to.receive()).toBe(MESSAGE);
      expect(to.payload).toBe(0xffff_ffff);
      const connection = owned(new Descriptor(to.receive(), 'a received connection'));
      expect(to.payload).toBe(0x8000_0001);
      expect(to.receive()).toBe(MESSAGE);
      expect(to.payload).toBe(0);
      expect(to.receive()).toBe(NOTHING);

      expect(talk(b.fd, connection.fd, 'over the copy')).toBe('over the copy');
      expect(loadPosix().fcntl(connection.fd, 1, 'int', 0)).toBe(1); // FD_CLOEXEC
    }
    expect(a.isOpen).toBe(true);
  });

  it('keeps a connection alive that is on its way only', () => {
    const [near, far] = channel();
    const [a, b] = streamPair();
    near.sendConnection(a.fd, 1);
    a.close();
    const received = far.receive();
    expect(talk(b.fd, received, 'alive')).toBe('alive');
    closeFd(received);
  });

  it('that is full says so and loses nothing', () => {
    const [near, far] = channel();
    const [a] = streamPair();
    let sent = 0;
    let answer = 0;
    while ((answer = near.sendConnection(a.fd, sent)) === 0) sent++;
    expect(answer).toBe(FULL);
    expect(near.sendMessage(7)).toBe(FULL);
    expect(sent).toBeGreaterThan(5);
    const before = openDescriptors().size;

    for (let i = 0; i < sent; i++) {
      const fd = far.receive();
      expect(fd).toBeGreaterThanOrEqual(0);
      expect(far.payload).toBe(i);
      closeFd(fd);
      if (i === 0) expect(near.sendConnection(a.fd, sent)).toBe(0);
    }
    const last = far.receive();
    expect(far.payload).toBe(sent);
    closeFd(last);
    expect(far.receive()).toBe(NOTHING);
    expect(openDescriptors().size).toBe(before);
  });

  it('whose other end is closed is GONE, after what was sent is received', () => {
    const [near, far] = channel();
    const [a] = streamPair();
    near.sendMessage(1); // never read: so closing is a reset
    far.sendMessage(2);
    far.sendConnection(a.fd, 3);
    far.descriptor.close();
    expect(near.receive()).toBe(MESSAGE);
    expect(near.payload).toBe(2);
    closeFd(near.receive());
    expect(near.payload).toBe(3);
    expect(near.receive()).toBe(GONE);
    expect(near.sendMessage(1)).toBe(GONE);
    expect(near.sendConnection(a.fd, 1)).toBe(GONE);
    expect(near.receive()).toBe(GONE);
  });

  it('to which the first thing said after a reset is GONE as well', () => {
    const [near, far] = channel();
    const [a] = streamPair();
    near.sendConnection(a.fd, 1);
    far.descriptor.close();
    expect(near.sendConnection(a.fd, 1)).toBe(GONE);
  });

  it('takes one connection from a message that smuggles two', () => {
    const [near, far] = channel();
    const [a, b] = streamPair();
    const before = openDescriptors().size;
    const block = new NativeBuffer(112);
    block.writePointer(16, 64);
    block.bytes.writeUInt32LE(1, 24);
    block.writePointer(32, 88);
    block.bytes.writeUInt32LE(24, 40);
    block.writePointer(64, 80);
    block.bytes.writeUInt32LE(4, 72);
    for (const [i, word] of [24, 0, 1, 1, a.fd, b.fd].entries()) {
      block.bytes.writeInt32LE(word, 88 + 4 * i);
    }
    expect(loadPosix().sendmsg(near.descriptor.fd, block.address, 0)).toBe(4);
    const fd = far.receive();
    expect(isOpen(fd)).toBe(true);
    expect(openDescriptors().size).toBe(before + 1);
    closeFd(fd);
  });

  it('that is closed cannot be used', () => {
    const [near] = channel();
    near.descriptor.close();
    expect(() => near.sendMessage(1)).toThrow("worker 3's channel is used after it was closed");
    expect(() => near.receive()).toThrow('used after it was closed');
  });

  it('makes an error that names it, where there is no answer', () => {
    const [a] = streamPair();
    const [near] = channel();
    expect(() => near.sendConnection(99_999, 1)).toThrow(
      expect.objectContaining({ call: 'sendmsg', errno: 'EBADF', subject: "worker 3's channel" }),
    );
    expect(a.isOpen).toBe(true);
  });
});

describeKernel('a channel between processes', () => {
  const slow = { timeout: 20_000 };

  it('passes a connection to a child, and back', slow, async () => {
    const [near, far] = channel();
    const child = startChild('answer', [far.descriptor.fd]);
    expect(await child.report()).toBe('ready');
    far.descriptor.close();
    const [a, b] = streamPair();
    sendOnce(b.fd, Buffer.from('a word'), 6);
    expect(near.sendConnection(a.fd, 41)).toBe(0);
    a.close();
    expect(await child.report()).toBe(0);
    const back = near.receive();
    expect(near.payload).toBe(42);
    const buffer = new NativeBuffer(64);
    expect(buffer.bytes.toString('latin1', 0, receive(b.fd, buffer, 0))).toBe('child saw a word');
    expect(talk(back, b.fd, 'from the parent')).toBe('from the parent');
    closeFd(back);
    await child.exited;
    expect(near.receive()).toBe(GONE);
  });

  it('gives back what a dead child had not taken, from our copy of its end', slow, async () => {
    const [near, far] = channel();
    const child = startChild('sleep', [far.descriptor.fd]);
    expect(await child.report()).toBe('ready');
    const pairs = [1, 2, 3].map(() => streamPair());
    for (const [i, [a]] of pairs.entries()) {
      expect(near.sendConnection(a.fd, i)).toBe(0);
      a.close();
    }
    child.process.kill('SIGKILL');
    await child.exited;
    expect(near.receive()).toBe(NOTHING); // not GONE: our copy keeps the channel alive
    for (const [i, [, b]] of pairs.entries()) {
      const fd = far.receive();
      expect(far.payload).toBe(i);
      expect(talk(b.fd, fd, `request ${i}`)).toBe(`request ${i}`);
      closeFd(fd);
    }
    expect(far.receive()).toBe(NOTHING);
  });

  it('says that a connection was cut off for want of a descriptor', slow, async () => {
    const [near, far] = channel();
    const listener = tcpListener();
    const child = startChild(
      'exhaust',
      [far.descriptor.fd, listener.descriptor.fd],
      'ulimit -n 96;',
    );
    expect(await child.report()).toBe('EMFILE');
    const client = net.connect((listener.address as { port: number }).port);
    await new Promise((resolve) => client.once('connect', resolve));
    const [a, b] = streamPair();
    near.sendConnection(a.fd, 17);
    a.close();
    expect(await child.report()).toEqual({
      truncated: TRUNCATED,
      payload: 17,
      exhausted: EXHAUSTED,
      later: true, // the connection that waited was not lost
    });
    const buffer = new NativeBuffer(8);
    await waitFor('the end of the connection', () => receive(b.fd, buffer, 0) === 0);
    await child.exited;
    client.destroy();
  });
});
