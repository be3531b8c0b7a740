import { describe, expect, it, onTestFinished } from 'vitest';
import { createEvent, drainEvent, signalEvent } from '../../../src/posix/process.ts';
import {
  Epoll,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  eventLayout,
} from '../../../src/posix/epoll.ts';
import { describeKernel, owned, streamPair } from './real-kernel.ts';

function epoll(capacity = 8): Epoll {
  const made = new Epoll(capacity, 'the test epoll');
  onTestFinished(() => made.close());
  return made;
}

describe('struct epoll_event', () => {
  it('is packed on x64 only', () => {
    expect(eventLayout('x64')).toEqual({ words: 3, tagWord: 1 });
    expect(eventLayout('arm64')).toEqual({ words: 4, tagWord: 2 });
  });
});

describeKernel('an epoll', () => {
  it('returns the tags of what is ready', () => {
    const set = epoll();
    const events = ['a', 'b', 'c'].map((name) => owned(createEvent(name)));
    const tags = [0, 0xffff_ffff, 77];
    for (const [i, { fd }] of events.entries()) set.add(fd, EPOLLIN, tags[i]!);
    expect(set.wait(0)).toBe(0);
    signalEvent(events[1]!.fd);
    expect(set.wait(1_000)).toBe(1);
    expect(set.tagAt(0)).toBe(0xffff_ffff);
    expect(set.flagsAt(0)).toBe(EPOLLIN);
    signalEvent(events[0]!.fd);
    signalEvent(events[2]!.fd);
    expect(set.wait(1_000)).toBe(3);
    expect(new Set([0, 1, 2].map((i) => set.tagAt(i)))).toEqual(new Set(tags));
    for (const { fd } of events) expect(drainEvent(fd)).toBe(true);
    expect(set.wait(0)).toBe(0);
  });

  it('returns the rest with the next wait when it has room for less', () => {
    const set = epoll(1);
    for (const tag of [1, 2]) {
      const event = owned(createEvent('e'));
      signalEvent(event.fd);
      set.add(event.fd, EPOLLIN, tag);
    }
    const seen = [1, 2].map(() => [set.wait(0), set.tagAt(0)]);
    expect(new Set(seen)).toEqual(
      new Set([
        [1, 1],
        [1, 2],
      ]),
    );
    expect(() => set.tagAt(1)).toThrow('there is no event 1');
  });

  it('tells a hang-up', () => {
    const [a, b] = streamPair();
    const set = epoll();
    set.add(a.fd, EPOLLIN | EPOLLRDHUP, 5);
    b.close();
    expect(set.wait(1_000)).toBe(1);
    expect(set.flagsAt(0) & (EPOLLHUP | EPOLLRDHUP)).toBe(EPOLLHUP | EPOLLRDHUP);
  });

  it('watches exclusively, reports what is there at once, and can be added again', () => {
    const [first, second] = [epoll(), epoll()];
    const event = owned(createEvent('a listener, say'));
    signalEvent(event.fd);
    for (const set of [first, second, first]) {
      set.add(event.fd, EPOLLIN | EPOLLEXCLUSIVE, 9);
      expect(set.wait(0)).toBe(1);
      expect(set.tagAt(0)).toBe(9);
      set.remove(event.fd);
      expect(set.wait(0)).toBe(0);
    }
  });

  it('says what could not be watched', () => {
    const set = epoll();
    const event = owned(createEvent('e'));
    set.add(event.fd, EPOLLIN | EPOLLOUT, 1);
    const error = (errno: string, fd = event.fd) =>
      expect.objectContaining({ call: 'epoll_ctl', errno, subject: `fd ${fd} in the test epoll` });
    expect(() => set.add(event.fd, EPOLLIN, 1)).toThrow(error('EEXIST'));
    set.remove(event.fd);
    expect(() => set.remove(event.fd)).toThrow(error('ENOENT'));
    expect(() => set.add(99_999, EPOLLIN, 1)).toThrow(error('EBADF', 99_999));
  });

  it('cannot be used after it was closed', () => {
    const set = new Epoll(1, 'the test epoll');
    set.close();
    expect(() => set.wait(0)).toThrow('the test epoll is used after it was closed');
    expect(() => set.close()).toThrow('the test epoll is used after it was closed');
  });
});
