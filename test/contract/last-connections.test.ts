// The end of a listening socket, as those see it who connect just before and just after.

import { describe, expect, it, onTestFinished } from 'vitest';
import { LastConnections } from '../../src/dispatch/native/last-connections.ts';
import { closeFd, duplicate } from '../../src/posix/descriptor.ts';
import { ERRNO } from '../../src/posix/errno.ts';
import { loadPosix } from '../../src/posix/libc.ts';
import type { BoundListener } from '../../src/posix/listeners.ts';
import { createListener } from '../../src/posix/listeners.ts';
import type { SocketAddress } from '../../src/posix/socket-address.ts';
import { accept, pollReadable, pollWritable, sendOnce } from '../../src/posix/sockets.ts';
import { connectTo } from '../helpers/connect-to.ts';
import { tempDir } from '../helpers/temp-dir.ts';

/** Long enough for a handshake, whenever the listener was ended. */
const LATER_MS = 1_000;

/** Sends a byte, which tells connections apart. */
function say(fd: number, word: string): void {
  expect(sendOnce(fd, Buffer.from(word), 1)).toBe(1);
}

function hear(fd: number): string {
  expect(pollReadable(fd, 2_000)).toBe(true);
  const bytes = new Uint8Array(1);
  loadPosix().recv(fd, bytes, 1, 0);
  return Buffer.from(bytes).toString();
}

function setUp(address: SocketAddress): BoundListener & {
  last: LastConnections;
  /** What was taken, by the byte that each sent. */
  heard: string[];
} {
  const bound = createListener(address, { backlog: 16 });
  const heard: string[] = [];
  const last = new LastConnections(
    (fd) => {
      heard.push(hear(fd));
      closeFd(fd);
    },
    () => expect.fail('no descriptor left'),
  );
  onTestFinished(() => last.close());
  return { ...bound, last, heard };
}

describe.each(['127.0.0.1', '::1'])('the last connections over TCP, %s', (host) => {
  it('are those whose handshake is under way, too; newcomers are refused at once', () => {
    const { descriptor, address, last, heard } = setUp({ kind: 'tcp', host, port: 0 });
    const early = connectTo(address);
    expect(pollWritable(early.fd, 2_000)).toBe(true);
    say(early.fd, '1');
    const slow = connectTo(address, { isSlow: true });
    // Open for the peer, and not there yet for us.
    expect(pollWritable(slow.fd, 2_000)).toBe(true);

    const now = performance.now();
    last.end([{ descriptor, inherited: false }], now);
    expect(heard).toEqual(['1']);
    expect(last.areOver(now)).toBe(false);
    expect(last.due).toBeLessThan(now + 50);
    const newcomer = connectTo(address);
    expect(pollReadable(newcomer.fd, 2_000)).toBe(true);
    expect(sendOnce(newcomer.fd, Buffer.from('x'), 1)).toBeLessThan(0);

    say(slow.fd, '2');
    expect(pollReadable(descriptor.fd, 2_000)).toBe(true);
    expect(last.areOver(now + LATER_MS)).toBe(true);
    expect(heard).toEqual(['1', '2']);
    expect(descriptor.isOpen).toBe(false);
    expect(last.due).toBe(undefined);
    expect(last.areOver(now + LATER_MS)).toBe(false);
  });
});

it('takes all that waits at a Unix socket, and refuses newcomers at once', () => {
  const address = { kind: 'unix', path: `${tempDir()}/s` } as const;
  const { descriptor, last, heard } = setUp(address);
  for (const word of ['1', '2']) say(connectTo(address).fd, word);
  const now = performance.now();
  last.end([{ descriptor, inherited: false }], now);
  expect(heard).toEqual(['1', '2']);
  expect(connectTo(address).errno).toBe(ERRNO.ECONNREFUSED);
  expect(last.areOver(now)).toBe(true);
});

it('leaves what waits at an inherited socket to whoever else has it', () => {
  const address = { kind: 'unix', path: `${tempDir()}/s` } as const;
  const { descriptor, last, heard } = setUp(address);
  const copy = duplicate(descriptor) ?? expect.fail('no descriptor left');
  onTestFinished(() => copy.close());
  say(connectTo(address).fd, '1');
  last.end([{ descriptor, inherited: true }], 0);
  expect(heard).toEqual([]);
  expect(descriptor.isOpen).toBe(false);
  const taken = accept(copy);
  onTestFinished(() => closeFd(taken));
  expect(hear(taken)).toBe('1');
});
