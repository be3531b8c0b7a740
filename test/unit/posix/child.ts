// The other process of the tests: does one thing with the descriptors from 3 on, and reports in lines of JSON.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { Channel } from '../../../src/posix/channel.ts';
import { closeFd, Descriptor } from '../../../src/posix/descriptor.ts';
import { Epoll, EPOLLIN } from '../../../src/posix/epoll.ts';
import { NativeBuffer } from '../../../src/posix/native-buffer.ts';
import { dieWithParent } from '../../../src/posix/process.ts';
import { mapSharedMemory } from '../../../src/posix/shared-memory.ts';
import { accept, pollReadable, receive, sendOnce } from '../../../src/posix/sockets.ts';

const [, , part = '', starterPid = ''] = process.argv;
const report = (value: unknown): void => {
  fs.writeSync(1, `${JSON.stringify(value)}\n`);
};
const inherited = (fd: number): Descriptor => new Descriptor(fd, `inherited fd ${fd}`);

const PARTS: Record<string, () => void> = {
  /** Answers one connection and gives it back, with its number plus one. */
  answer() {
    const channel = new Channel(inherited(3));
    report('ready');
    pollReadable(3, 10_000);
    const fd = channel.receive();
    const buffer = new NativeBuffer(64);
    const count = receive(fd, buffer, 0);
    const answer = Buffer.from(`child saw ${buffer.bytes.toString('latin1', 0, count)}`);
    sendOnce(fd, answer, answer.length);
    report(channel.sendConnection(fd, channel.payload + 1));
    closeFd(fd);
  },

  /** Has a channel and never reads it. */
  sleep() {
    report('ready');
    setInterval(() => {}, 1_000);
  },

  /** Uses up its descriptors, then receives one (3) and accepts one (4). */
  exhaust() {
    const channel = new Channel(inherited(3));
    const listener = inherited(4);
    const filled: number[] = [];
    try {
      for (;;) filled.push(fs.openSync('/dev/null', 'r'));
    } catch (error) {
      report((error as NodeJS.ErrnoException).code);
    }
    pollReadable(3, 10_000);
    const truncated = channel.receive();
    pollReadable(4, 10_000);
    const exhausted = accept(listener);
    for (const fd of filled) fs.closeSync(fd);
    report({ truncated, payload: channel.payload, exhausted, later: accept(listener) >= 0 });
  },

  /** Shares a counter and a word (3). */
  share() {
    const words = new Int32Array(mapSharedMemory(inherited(3), 4096));
    const seen = Atomics.load(words, 0);
    Atomics.store(words, 1, 4711);
    for (let i = 0; i < 100_000; i++) Atomics.add(words, 2, 1);
    report(seen);
  },

  /** Is woken by a signal during a wait for 10 s, then during a poll for 10 s (3 is never readable). */
  interrupt() {
    process.on('SIGUSR2', () => {});
    const epoll = new Epoll(4, 'test epoll');
    epoll.add(3, EPOLLIN, 1);
    const timed = (wait: () => unknown): unknown => {
      report('waiting');
      const begun = performance.now();
      return { result: wait(), early: performance.now() - begun < 5_000 };
    };
    report(timed(() => epoll.wait(10_000)));
    report(timed(() => pollReadable(3, 10_000)));
  },

  /** Starts a process of its own that loops for ever, and waits. */
  parent() {
    const args = ['--import', 'tsx', process.argv[1] ?? '', 'orphan', String(process.pid)];
    spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    setInterval(() => {}, 1_000);
  },

  orphan() {
    const parent = Number(starterPid);
    report({
      pid: process.pid,
      dead: dieWithParent('SIGKILL', 1),
      alive: dieWithParent('SIGKILL', parent),
    });
    for (;;);
  },
};

PARTS[part]?.();
