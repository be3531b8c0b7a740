// A dispatcher with real worker processes, for the tests that every dispatcher passes.

import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type {
  DispatchNotice,
  Dispatcher,
  DispatcherEvents,
  LifeWork,
  WorkerLine,
} from '../../src/dispatch/dispatcher.ts';
import type { WorkerMessage } from '../../src/ipc/messages.ts';
import type { LocalPeers } from '../../src/privileges/local-peers.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';

export interface DispatchOptions {
  concurrency?: number;
  maxQueue?: number;
  queueTimeout?: number;
  bootTimeout?: number;
  requestTimeout?: number;
  /** Networks of TCP peers that are served. */
  allow?: string[];
  /** Users and groups of Unix peers that are served. */
  allowLocal?: LocalPeers;
}

export interface DispatchRig {
  dispatcher: Dispatcher;
  /** One over TCP, one over a Unix socket. */
  addresses: { tcp: PeerAddress; unix: PeerAddress };
  /** Starts a process whose dispatch side belongs to this dispatcher; not attached yet. */
  spawn(slot: number, limits: { descriptors?: number } | undefined, line: WorkerLine): ChildProcess;
}

export type CreateRig = (
  events: DispatcherEvents,
  options: DispatchOptions,
) => Promise<DispatchRig>;

export interface Bench extends DispatchRig {
  notices: DispatchNotice[];
  /** Slots of workers that were told to be stuck outside of any request: they are killed. */
  stuck: Set<number>;
  /** Slots of workers that were told to run a request for too long. */
  overdue: number[];
  demands: () => number;
  workers: Map<number, ChildProcess>;
  /** Spawns and attaches a worker; resolves when it has given its credits. */
  add(slot: number, limits?: { descriptors?: number }, generation?: number): Promise<ChildProcess>;
  /** Kills the worker and waits until its connections are accounted for. */
  kill(slot: number): Promise<LifeWork>;
}

/** Sends one line and resolves with the whole answer; 'lost' when the connection ends without one. */
export function ask(address: PeerAddress, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ ...address, allowHalfOpen: true });
    const bound = setTimeout(() => reject(new Error(`no answer to "${line}"`)), 10_000);
    socket.once('connect', () => socket.write(`${line}\n`));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => {});
    socket.once('end', () => socket.end());
    socket.once('close', () => {
      clearTimeout(bound);
      resolve(answer === '' ? 'lost' : answer);
    });
  });
}

/** A dispatcher that accepts, with nothing but a rig's workers. */
export async function setUp(create: CreateRig, options: DispatchOptions = {}): Promise<Bench> {
  const notices: DispatchNotice[] = [];
  const stuck = new Set<number>();
  const overdue: number[] = [];
  const workers = new Map<number, ChildProcess>();
  let demands = 0;
  const events: DispatcherEvents = {
    demand: () => demands++,
    changed: () => {},
    stuck: (slot) => {
      stuck.add(slot);
      workers.get(slot)?.kill('SIGKILL');
    },
    overdue: (slot) => overdue.push(slot),
    notice: (notice) => notices.push(notice),
  };
  const rig = await create(events, options);
  const { dispatcher } = rig;
  onTestFinished(() => {
    dispatcher.close();
    for (const worker of workers.values()) worker.kill('SIGKILL');
  });
  dispatcher.start();
  return {
    ...rig,
    notices,
    stuck,
    overdue,
    workers,
    demands: () => demands,
    add: async (slot, limits, generation) => {
      const worker = rig.spawn(slot, limits, dispatcher.prepare(slot, generation));
      workers.set(slot, worker);
      const ready = new Promise<void>((resolve) => {
        worker.on('message', ({ type }: WorkerMessage) => type === 'ready' && resolve());
      });
      dispatcher.attach(slot, worker);
      await ready;
      await waitFor('the credits', () => dispatcher.load(slot)?.idleSince !== undefined);
      return worker;
    },
    kill: async (slot) => {
      const worker = workers.get(slot);
      const gone = new Promise((resolve) => worker?.once('exit', resolve));
      worker?.kill('SIGKILL');
      await gone;
      return dispatcher.detach(slot);
    },
  };
}

/** Resolves when both workers have nothing to do, and have probably given their credits. */
export async function idle(bench: Bench): Promise<void> {
  // The answer is out a moment before the credit is back.
  await waitFor('the credits', () => running(bench, 0) + running(bench, 1) === 0);
  // And a credit lingers on its way, which nobody can see.
  await delay(50);
}

/** How many connections a worker is given at the moment. */
export const running = (bench: Bench, slot: number): number =>
  bench.dispatcher.load(slot)?.running ?? 0;

/** Resolves when the worker sleeps over a request; what it said of it before has been read by then. */
export async function asleep(worker: ChildProcess | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const heard = ({ type }: { type: string }): void => {
      if (type !== 'sleeping') return;
      worker?.off('message', heard);
      resolve();
    };
    worker?.on('message', heard);
  });
}

export function connected(
  address: PeerAddress,
  line: string = 'hello',
): { established: Promise<void>; answer: Promise<string> } {
  const socket = connect({ ...address, allowHalfOpen: true });
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.once('end', () => socket.end());
  const established = new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve()).once('error', reject);
  });
  const answer = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  socket.write(`${line}\n`);
  return { established, answer };
}
