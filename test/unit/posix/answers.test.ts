// The answers to errors that a healthy kernel does not give on demand: with a C library of our own.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ABORTED,
  EXHAUSTED,
  FULL,
  GONE,
  IN_FLIGHT_LIMIT,
  NOTHING,
  RESET,
} from '../../../src/posix/answers.ts';
import { Channel } from '../../../src/posix/channel.ts';
import { Descriptor } from '../../../src/posix/descriptor.ts';
import { ERRNO } from '../../../src/posix/errno.ts';
import { NativeBuffer } from '../../../src/posix/native-buffer.ts';
import { accept, pollReadable, receive, sendOnce } from '../../../src/posix/sockets.ts';

type ErrorName = keyof typeof ERRNO;

/** The next calls fail with these errors; then they succeed with 0. */
const failures: ErrorName[] = [];

vi.mock('../../../src/posix/libc.ts', () => {
  let errno = 0;
  const call = (): number => {
    const name = failures.shift();
    if (name === undefined) return 0;
    errno = ERRNO[name];
    return -1;
  };
  const calls = ['accept4', 'recv', 'send', 'sendmsg', 'recvmsg', 'poll', 'close'];
  const fake = {
    ...Object.fromEntries(calls.map((name) => [name, call])),
    errno: () => errno,
    addressOf: () => 4096,
  };
  return { loadPosix: () => fake };
});

const listener = new Descriptor(1_000, '127.0.0.1:4000');
const channel = new Channel(new Descriptor(1_001, "worker 3's channel"));
const bytes = Buffer.alloc(8);
const calls: Record<string, () => number> = {
  accept4: () => accept(listener),
  recv: () => receive(1_002, new NativeBuffer(8), 0),
  send: () => sendOnce(1_002, bytes, 8),
  sendmsg: () => channel.sendConnection(1_002, 1),
  recvmsg: () => channel.receive(),
};

const expected: [call: string, answer: number, errors: ErrorName[]][] = [
  ['accept4', NOTHING, ['EAGAIN']],
  ['accept4', ABORTED, ['ECONNABORTED', 'EPROTO', 'ENETDOWN', 'EHOSTDOWN', 'ENONET']],
  ['accept4', ABORTED, ['EHOSTUNREACH', 'ENETUNREACH', 'ENOPROTOOPT', 'EOPNOTSUPP']],
  ['accept4', EXHAUSTED, ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']],
  ['recv', NOTHING, ['EAGAIN']],
  ['recv', RESET, ['ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTCONN']],
  ['recv', EXHAUSTED, ['ENOMEM', 'ENOBUFS']],
  ['send', NOTHING, ['EAGAIN']],
  ['send', RESET, ['EPIPE', 'ECONNRESET', 'ETIMEDOUT']],
  ['send', EXHAUSTED, ['ENOMEM', 'ENOBUFS']],
  ['sendmsg', FULL, ['EAGAIN']],
  ['sendmsg', GONE, ['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ENOTCONN']],
  ['sendmsg', IN_FLIGHT_LIMIT, ['ETOOMANYREFS']],
  ['sendmsg', EXHAUSTED, ['ENOBUFS', 'ENOMEM']],
  ['recvmsg', NOTHING, ['EAGAIN']],
  ['recvmsg', EXHAUSTED, ['ENOBUFS', 'ENOMEM']],
];

describe('the answer to an error', () => {
  beforeEach(() => {
    failures.length = 0;
  });

  for (const [call, answer, errors] of expected) {
    it.each(errors)(`of ${call} is ${answer}: %s`, (error) => {
      failures.push(error);
      expect(calls[call]!()).toBe(answer);
    });
  }

  it.each(Object.keys(calls))('of %s that a signal interrupted is to call again', (call) => {
    failures.push('EINTR', 'EINTR', 'EAGAIN');
    expect(calls[call]!()).toBe(call === 'sendmsg' ? FULL : NOTHING);
    expect(failures).toEqual([]);
  });

  it.each(Object.keys(calls))('of %s that has none is an exception', (call) => {
    failures.push('EINVAL');
    expect(calls[call]!).toThrow(expect.objectContaining({ call, errno: 'EINVAL' }));
  });

  it('of a receive after a reset is what the other end had sent', () => {
    failures.push('ECONNRESET');
    expect(channel.receive()).toBe(GONE); // the fake's 0 is an end
  });

  it('of a poll is that nothing is there', () => {
    for (const error of ['EINTR', 'ENOMEM'] as const) {
      failures.push(error);
      expect(pollReadable(1_002, 1_000)).toBe(false);
    }
  });

  it('of close is that it is closed: to close again would hit a stranger', () => {
    for (const error of ['EINTR', 'EIO'] as const) {
      const descriptor = new Descriptor(1_003, 'x');
      failures.push(error);
      descriptor.close();
      expect(descriptor.isOpen).toBe(false);
    }
    expect(failures).toEqual([]);
  });
});
