// A native worker as its dispatcher sees it: the test holds the other end of its channel.

import { connect, Socket } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { boardBytes } from '../../src/dispatch/native/board-layout.ts';
import { LOOK_AGAIN } from '../../src/dispatch/native/credit-message.ts';
import { STAY_HOME, WorkerBoard } from '../../src/dispatch/native/worker-board.ts';
import { MESSAGE } from '../../src/posix/answers.ts';
import { Channel, createChannel, createPair } from '../../src/posix/channel.ts';
import { closeFd } from '../../src/posix/descriptor.ts';
import { createListener } from '../../src/posix/listeners.ts';
import { createSharedMemory } from '../../src/posix/shared-memory.ts';
import { accept, pollReadable, sendOnce, SOCK_STREAM } from '../../src/posix/sockets.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { spawnContractWorker } from './contract-worker.ts';

/** Longer than any test waits. */
const LINGER = 60_000;
const RING = new Uint8Array(1);

interface HeldWorker {
  board: WorkerBoard;
  /** Passes a connection that says this; its answer so far. */
  pass: (line: string) => () => string;
  /** Connects to the listener that the worker shares. */
  knock: () => void;
  /** Whether a connection waits at the listener, which is closed then. */
  isLeft: () => boolean;
  /** Resolves when the worker has sent a connection back. */
  hasSentBack: () => Promise<boolean>;
  /** Resolves with what the worker says next. */
  heard: () => Promise<number>;
}

function holdWorker(concurrency: number, linger = LINGER): HeldWorker {
  const socketPath = path.join(tempDir(), 's');
  const { descriptor: listener } = createListener(
    { kind: 'unix', path: socketPath },
    { backlog: 16 },
  );
  const [near, workerEnd] = createChannel('a channel');
  const [doorbell, farDoorbell] = createPair(SOCK_STREAM, 'a doorbell');
  const memory = createSharedMemory('a board', boardBytes(1));
  const board = WorkerBoard.map(memory, 1);
  board.reset(0, 1);
  const worker = spawnContractWorker(concurrency)(0, undefined, {
    descriptors: [workerEnd, farDoorbell, memory, listener].map(({ fd }) => fd),
    intake: {
      type: 'native',
      listeners: 1,
      areLocal: true,
      slots: 1,
      linger,
      master: process.pid,
    },
  });
  for (const descriptor of [workerEnd, farDoorbell, memory]) descriptor.close();
  onTestFinished(() => {
    worker.kill('SIGKILL');
    for (const descriptor of [near, doorbell, listener]) descriptor.close();
  });
  const channel = new Channel(near);
  return {
    board,
    pass: (line) => {
      const [peer, far] = createPair(SOCK_STREAM, 'a connection');
      let answer = '';
      const socket = new Socket({ fd: peer.release(), readable: true, writable: true });
      socket.on('data', (chunk) => (answer += chunk.toString())).write(line);
      onTestFinished(() => void socket.destroy());
      expect(channel.sendConnection(far.fd, 0)).toBe(0);
      far.close();
      sendOnce(doorbell.fd, RING, 1);
      return () => answer;
    },
    knock: () => {
      const socket = connect({ path: socketPath }).on('error', () => {});
      onTestFinished(() => void socket.destroy());
    },
    isLeft: () => {
      if (!pollReadable(listener.fd, 0)) return false;
      closeFd(accept(listener));
      return true;
    },
    hasSentBack: () =>
      waitFor('the connection', () => {
        const fd = channel.receive();
        if (fd >= 0) closeFd(fd);
        return fd >= 0;
      }),
    heard: async () => {
      await waitFor('a message', () => channel.receive() === MESSAGE);
      return channel.payload;
    },
  };
}

it('ends its wait for the backlog when something is passed to it (rule 5)', async () => {
  const { board, pass, heard } = holdWorker(2);
  expect(await heard()).toBe(2);
  const first = pass('hello\n');
  await waitFor('the answer', () => first() === '0');
  await waitFor('the wait', () => board.countLingering() === 1);
  const second = pass('hello\n');
  await waitFor('the answer', () => second() === '0');
});

it('asks the dispatcher to look when it was woken and must not take it (rules 1, 9)', async () => {
  const { board, pass, knock, heard, isLeft } = holdWorker(1);
  expect(await heard()).toBe(1);
  const first = pass('hello\n');
  await waitFor('the answer', () => first() === '0');
  await waitFor('the wait', () => board.countLingering() === 1);
  board.setControl(0, STAY_HOME);
  knock();
  expect(await heard()).toBe(1 | LOOK_AGAIN);
  expect(isLeft()).toBe(true);
});

it('looks at its control word before it takes from the backlog (rule 9)', async () => {
  const { board, pass, knock, heard, isLeft } = holdWorker(1);
  expect(await heard()).toBe(1);
  board.setControl(0, STAY_HOME);
  knock();
  const passed = pass('hello\n');
  await waitFor('the answer', () => passed() === '0');
  expect(await heard()).toBe(1);
  expect(isLeft()).toBe(true);
});

it('does not linger while a request of its own is running (rule 5)', async () => {
  const { board, pass, heard } = holdWorker(2);
  expect(await heard()).toBe(2);
  const long = pass('sleep 1500\n');
  await waitFor('the request', () => board.running(0) === 1);
  const short = pass('hello\n');
  expect(await heard()).toBe(1);
  await waitFor('both answers', () => short() === '0' && long() === '0');
});

it('sends a silent connection back, unless nobody else may wait for it (rules 4, 10)', async () => {
  const { board, pass, hasSentBack, heard } = holdWorker(1, 0);
  expect(await heard()).toBe(1);
  pass('');
  expect(await hasSentBack()).toBe(true);
  expect(await heard()).toBe(1);
  board.setControl(0, STAY_HOME);
  pass('');
  await waitFor('the request', () => board.running(0) === 1);
});
