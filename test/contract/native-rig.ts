// The native dispatcher of the compiled program with workers of the contract, driven by the test.

import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { DispatchNotice } from '../../src/dispatch/dispatcher.ts';
import type * as Native from '../../src/dispatch/native/native-dispatcher.ts';
import type { NativeOptions } from '../../src/dispatch/native/native-options.ts';
import { WorkerBoard } from '../../src/dispatch/native/worker-board.ts';
import { Descriptor } from '../../src/posix/descriptor.ts';
import { createListener } from '../../src/posix/listeners.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { rawExchange } from '../helpers/scgi-peer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { spawnContractWorker } from './contract-worker.ts';

const compiled = new URL('../../dist/dispatch/native/native-dispatcher.js', import.meta.url);
const { NativeDispatcher } = (await import(compiled.href)) as typeof Native;
/** Where the board is among the descriptors that a worker inherits. */
const BOARD = 2;
const LOOPBACK = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;

export interface NativeRig {
  dispatcher: Native.NativeDispatcher;
  /** Of the Unix sockets, and of one over TCP. */
  paths: string[];
  tcp: PeerAddress;
  /** The listeners, those of the Unix sockets first. They are the dispatcher's. */
  listeners: Descriptor[];
  notices: DispatchNotice[];
  demands: () => number;
  /** The board, once there was a worker. */
  board: () => WorkerBoard;
  /** Spawns a worker; not attached, so without a credit that counts. */
  spawn(slot: number): ChildProcess;
  /** Spawns and attaches a worker; resolves when it has given its credits. */
  add(slot: number): Promise<ChildProcess>;
  /** Asks through the Unix socket of that number: the answer is the slot of the worker. */
  hello(index?: number): Promise<string>;
  ask(line: string, address?: PeerAddress): Promise<string>;
  /** Resolves when exactly so many workers linger: a connection wakes one of them then. */
  lingering(count: number): Promise<void>;
}

/** Starts a dispatcher on Unix sockets and one TCP port. */
export function setUp(given: Partial<NativeOptions> & { sockets?: number } = {}): NativeRig {
  const { sockets = 1, ...options } = given;
  const directory = tempDir();
  const paths = Array.from({ length: sockets }, (_, i) => path.join(directory, `s${i}`));
  const listeners = paths.map((socketPath) => ({
    descriptor: createListener({ kind: 'unix', path: socketPath }, { backlog: 511 }).descriptor,
    inherited: false,
    isTcp: false,
  }));
  const { descriptor, address } = createListener(LOOPBACK, { backlog: 511 });
  listeners.push({ descriptor, inherited: false, isTcp: true });
  const notices: DispatchNotice[] = [];
  const workers: ChildProcess[] = [];
  let demands = 0;
  const concurrency = options.concurrency ?? 1;
  const times = { queueTimeout: 30_000, bootTimeout: 30_000, requestTimeout: undefined };
  const all = { listeners, concurrency, ...times, headerTimeout: 5_000, slots: 16 };
  const dispatcher = new NativeDispatcher(
    { ...all, linger: 2, selfService: true, ...options },
    {
      demand: () => demands++,
      changed: () => {},
      stuck: () => {},
      overdue: () => {},
      notice: (notice) => notices.push(notice),
    },
  );
  dispatcher.start();
  onTestFinished(() => {
    dispatcher.close();
    for (const worker of workers) worker.kill('SIGKILL');
  });
  const start = spawnContractWorker(concurrency);
  let board: WorkerBoard | undefined;
  const spawn = (slot: number): ChildProcess => {
    const line = dispatcher.prepare(slot);
    // A mapping outlives its descriptor, which is the dispatcher's.
    const memory = new Descriptor(line.descriptors[BOARD] ?? -1, 'the board');
    board ??= WorkerBoard.map(memory, all.slots);
    const worker = start(slot, undefined, line);
    workers.push(worker);
    return worker;
  };
  const ask = async (line: string, to: PeerAddress = { path: paths[0] ?? '' }): Promise<string> => {
    const { bytes } = await rawExchange(to, Buffer.from(`${line}\n`));
    return bytes.toString();
  };
  return {
    dispatcher,
    paths,
    tcp: { host: '127.0.0.1', port: address.kind === 'tcp' ? address.port : 0 },
    listeners: listeners.map((listener) => listener.descriptor),
    spawn,
    ask,
    notices,
    demands: () => demands,
    board: () => {
      if (board === undefined) throw new Error('no worker was spawned yet');
      return board;
    },
    add: async (slot) => {
      const worker = spawn(slot);
      const ready = new Promise((resolve) => worker.once('message', resolve));
      dispatcher.attach(slot, worker);
      await ready;
      return worker;
    },
    // A worker says so a moment before it waits.
    lingering: (count) =>
      waitFor(
        `${count} to linger`,
        () => board?.countLingering() === count && workers.every(isAsleep),
      ).then(() => {}),
    hello: (index = 0) => ask('hello', { path: paths[index] ?? '' }),
  };
}

/** Whether its main thread waits for something. */
function isAsleep({ pid }: ChildProcess): boolean {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('S');
}
