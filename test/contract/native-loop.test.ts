// The dispatch loop, turned by hand: real sockets, and workers that are the far ends of their channels.

import { BlockList, connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { Backlog } from '../../src/dispatch/native/backlog.ts';
import { boardBytes } from '../../src/dispatch/native/board-layout.ts';
import { DispatchLoop } from '../../src/dispatch/native/dispatch-loop.ts';
import { ListenerWatch } from '../../src/dispatch/native/listener-watch.ts';
import type { Report, ThreadSettings } from '../../src/dispatch/native/orders.ts';
import { NOTHING } from '../../src/posix/answers.ts';
import { Channel, createChannel, createPair } from '../../src/posix/channel.ts';
import { closeFd, type Descriptor, duplicate } from '../../src/posix/descriptor.ts';
import { Epoll, EPOLLEXCLUSIVE } from '../../src/posix/epoll.ts';
import { createListener } from '../../src/posix/listeners.ts';
import { NativeBuffer } from '../../src/posix/native-buffer.ts';
import { createEvent } from '../../src/posix/process.ts';
import { createSharedMemory } from '../../src/posix/shared-memory.ts';
import {
  accept,
  pollReadable,
  pollWritable,
  receive,
  sendOnce,
  SOCK_STREAM,
} from '../../src/posix/sockets.ts';
import { connectTo } from '../helpers/connect-to.ts';
import { rawExchange } from '../helpers/scgi-peer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const SLOTS = 4;
const received = new NativeBuffer(256);

afterEach(() => void vi.restoreAllMocks());

interface Loop {
  loop: DispatchLoop;
  reports: Report[];
  paths: string[];
  /** Copies of the listeners. */
  copies: Descriptor[];
  /** A new worker's end of its channel. */
  join: (slot: number) => Channel;
}

function setUp(given: Partial<ThreadSettings> & { sockets?: number; inherited?: boolean }): Loop {
  const { sockets = 1, inherited = false, ...settings } = given;
  const directory = tempDir();
  const paths = Array.from({ length: sockets }, (_, i) => path.join(directory, `s${i}`));
  const listeners = paths.map((at) => createListener({ kind: 'unix', path: at }, { backlog: 64 }));
  const copies = listeners.map(({ descriptor }) => copyOf(descriptor));
  const reports: Report[] = [];
  const loop = new DispatchLoop(
    {
      listeners: listeners.map(({ descriptor }) => {
        return { subject: descriptor.subject, fd: descriptor.release(), inherited };
      }),
      event: createEvent('the event').fd,
      board: { fd: createSharedMemory('board', boardBytes(SLOTS)).fd, slots: SLOTS },
      concurrency: 1,
      queueTimeout: 30_000,
      bootTimeout: 30_000,
      requestTimeout: undefined,
      headerTimeout: 5_000,
      ...settings,
    },
    (report) => reports.push(report),
  );
  onTestFinished(() => {
    loop.obey({ type: 'close' });
    for (const copy of copies) copy.close();
  });
  const join = (slot: number): Channel => {
    const [channel, workerEnd] = createChannel('a channel');
    const [doorbell, farDoorbell] = createPair(SOCK_STREAM, 'a doorbell');
    const own = new Channel(copyOf(workerEnd));
    const fds = { channel: channel.release(), workerEnd: workerEnd.release() };
    loop.obey({ type: 'join', slot, ...fds, doorbell: doorbell.release() });
    onTestFinished(() => {
      own.descriptor.close();
      farDoorbell.close();
    });
    return own;
  };
  return { loop, reports, paths, copies, join };
}

function copyOf(descriptor: Descriptor): Descriptor {
  const copy = duplicate(descriptor);
  if (copy === undefined) throw new Error('no descriptor is left for the test');
  return copy;
}

/** Connects and says something; resolves when both have happened. */
async function knock(socketPath: string, line: string): Promise<Socket> {
  const socket = connect({ path: socketPath, allowHalfOpen: true }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  let isSaid = false;
  socket.once('connect', () => socket.write(line, () => (isSaid = true)));
  await waitFor('the connection', () => isSaid);
  return socket;
}

/** A connection that says nothing, which worker 0 has sent back and whose credit it has kept. */
async function parkOne({ loop, join, paths }: Loop): Promise<Socket> {
  const worker = join(0);
  worker.sendMessage(1);
  const socket = connect({ path: paths[0] ?? '' }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  let fd = NOTHING;
  await waitFor('the connection', () => {
    loop.turn(5);
    fd = worker.receive();
    return fd >= 0;
  });
  worker.sendConnection(fd, 0);
  closeFd(fd);
  loop.turn(1_000);
  return socket;
}

/** What was said on a connection, which is closed then. */
function hearAndClose(fd: number): string {
  expect(fd).toBeGreaterThanOrEqual(0);
  expect(pollReadable(fd, 1_000)).toBe(true);
  const count = receive(fd, received, 0);
  closeFd(fd);
  return received.bytes.toString('latin1', 0, count);
}

it('watches the listeners anew at the end of each wait, and after a withdrawal (rule 1)', () => {
  const { loop, join } = setUp({});
  const renew = vi.spyOn(ListenerWatch.prototype, 'renew');
  loop.turn(1);
  expect(renew).toHaveBeenCalledTimes(1);
  loop.turn(1);
  expect(renew).toHaveBeenCalledTimes(2);
  join(0);
  loop.obey({ type: 'withdraw', slot: 0 });
  expect(renew).toHaveBeenCalledTimes(3);
});

it('is really registered again: removed, added, and that with an exclusive watch (rules 1, 2)', () => {
  const { loop } = setUp({});
  loop.turn(0);
  const add = vi.spyOn(Epoll.prototype, 'add');
  const remove = vi.spyOn(Epoll.prototype, 'remove');
  loop.turn(0);
  expect(remove).toHaveBeenCalledTimes(1);
  expect(add).toHaveBeenCalledTimes(1);
  expect((add.mock.calls[0]?.[1] ?? 0) & EPOLLEXCLUSIVE).not.toBe(0);
});

it('comes behind a new worker that has its first credit to give (rule 2)', () => {
  const { loop, join } = setUp({});
  const worker = join(0);
  loop.turn(0);
  const renew = vi.spyOn(ListenerWatch.prototype, 'renew');
  worker.sendMessage(1);
  // Not by the end of a wait: this one ends with the credit.
  loop.turn(1_000);
  expect(renew).toHaveBeenCalledTimes(1);
});

it('takes from all listeners in turn, for workers that do not serve themselves (rule 12)', async () => {
  const { loop, join, paths } = setUp({ sockets: 3 });
  const worker = join(0);
  for (let i = 0; i < 3; i++) for (const at of paths) await knock(at, at.slice(-1));
  const heard: string[] = [];
  for (let i = 0; i < 6; i++) {
    worker.sendMessage(1);
    let fd = NOTHING;
    await waitFor('a connection', () => {
      loop.turn(5);
      fd = worker.receive();
      return fd >= 0;
    });
    heard.push(hearAndClose(fd));
  }
  expect(heard.toSorted()).toEqual(['0', '0', '1', '1', '2', '2']);
});

it('lets workers take from all listeners in turn (rule 12)', async () => {
  const { paths, copies } = setUp({ sockets: 3 });
  const [near, far] = createChannel('a channel');
  onTestFinished(() => {
    near.close();
    far.close();
  });
  const backlog = new Backlog(copies, new Channel(near), 'a worker');
  for (let i = 0; i < 3; i++) for (const at of paths) await knock(at, at.slice(-1));
  const heard = Array.from({ length: 6 }, () => hearAndClose(backlog.accept()));
  expect(heard).toEqual(['0', '1', '2', '0', '1', '2']);
  for (let i = 0; i < 3; i++) hearAndClose(backlog.accept());
  expect([backlog.accept(), backlog.wait(0)]).toEqual([NOTHING, false]);
  // What is passed ends the wait of a worker that lingers, too.
  new Channel(far).sendMessage(0);
  expect(backlog.wait(0)).toBe(true);
});

it('watches exclusively as a worker, and the channel as well (rules 2, 5)', () => {
  const { copies } = setUp({});
  const [near, far] = createChannel('a channel');
  onTestFinished(() => {
    near.close();
    far.close();
  });
  const add = vi.spyOn(Epoll.prototype, 'add');
  const backlog = new Backlog(copies, new Channel(near), 'a worker');
  const isExclusive = new Map(
    add.mock.calls.map(([fd, flags]) => [fd, (flags & EPOLLEXCLUSIVE) !== 0]),
  );
  expect(isExclusive.get(copies[0]?.fd ?? -1)).toBe(true);
  expect(isExclusive.get(near.fd)).toBe(false);
  expect(backlog.isShared).toBe(true);
});

it('takes what waits at a listener of ours when it stops, and nothing of an inherited one (rule 10)', async () => {
  const ours = setUp({});
  await knock(ours.paths[0] ?? '', 'x');
  ours.loop.obey({ type: 'stop-accepting' });
  expect(ours.reports).toContainEqual({ type: 'waiting', count: 1 });
  await expect(rawExchange({ path: ours.paths[0] ?? '' }, Buffer.from('y'))).rejects.toThrow(
    /ENOENT|ECONNREFUSED/,
  );

  const inherited = setUp({ inherited: true });
  const [at = ''] = inherited.paths;
  await knock(at, 'x');
  inherited.loop.obey({ type: 'stop-accepting' });
  expect(inherited.reports).toEqual([{ type: 'accepting-stopped' }]);
  await knock(at, 'y');
  const [copy] = inherited.copies;
  const left = [0, 1].map(() => (copy === undefined ? '' : hearAndClose(accept(copy))));
  expect(left).toEqual(['x', 'y']);
});

it('waits for the silent, too, when it stops: they were accepted (rules 4, 10)', async () => {
  const parts = setUp({});
  const { loop, reports } = parts;
  await parkOne(parts);
  expect(reports).not.toContainEqual({ type: 'waiting', count: 1 });
  loop.obey({ type: 'stop-accepting' });
  expect(reports).toContainEqual({ type: 'waiting', count: 1 });
});

it('asks for a worker now and then while a connection waits, and sleeps in between (rule 3)', async () => {
  const parts = setUp({});
  const { loop, reports } = parts;
  const socket = await parkOne(parts);
  const demands = (): number => reports.filter(({ type }) => type === 'demand').length;
  socket.write('x');
  await waitFor('the demand', () => {
    loop.turn(5);
    return demands() > 0;
  });
  const since = performance.now();
  let turns = 0;
  for (; performance.now() - since < 200; turns++) loop.turn();
  const elapsed = performance.now() - since;
  expect(demands()).toBeLessThanOrEqual(2 + elapsed / 30);
  expect(turns).toBeLessThanOrEqual(2 + elapsed / 15);
});

it('lets nobody in who is not allowed to, whichever listener and when it stops, too (rule 12)', async () => {
  const { descriptor, address } = createListener(
    { kind: 'tcp', host: '127.0.0.1', port: 0 },
    { backlog: 16 },
  );
  const allow = new BlockList();
  allow.addSubnet('10.0.0.0', 8);
  const listener = { fd: descriptor.release(), subject: 'tcp', inherited: false };
  const { loop, join, reports } = setUp({ sockets: 0, listeners: [listener], allow });
  const worker = join(0);
  worker.sendMessage(1);
  const port = address.kind === 'tcp' ? address.port : 0;
  const knockOverTcp = async (): Promise<() => boolean> => {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
    await waitFor('the connection', () => socket.readyState === 'open');
    return () => socket.resume().readableEnded || socket.destroyed;
  };
  const first = await knockOverTcp();
  loop.turn(1_000);
  await waitFor('the close', first);
  const second = await knockOverTcp();
  loop.obey({ type: 'stop-accepting' });
  await waitFor('the other close', second);
  expect(worker.receive()).toBe(NOTHING);
  const refused = { type: 'peer-refused', address: '127.0.0.1', rule: '--allow' };
  expect(reports.filter(({ type }) => type === 'peer-refused')).toEqual([refused, refused]);
});

it('tells of connections that came at the very end before it tells of the end', async () => {
  const { descriptor, address } = createListener(
    { kind: 'tcp', host: '127.0.0.1', port: 0 },
    { backlog: 8 },
  );
  const copy = copyOf(descriptor);
  const { subject } = descriptor;
  const { loop, reports } = setUp({
    sockets: 0,
    listeners: [{ fd: descriptor.release(), subject, inherited: false }],
  });
  const { fd } = connectTo(address, { isSlow: true });
  expect(pollWritable(fd, 2_000)).toBe(true);
  loop.obey({ type: 'stop-accepting' });
  expect(sendOnce(fd, Buffer.from('x'), 1)).toBe(1);
  expect(pollReadable(copy.fd, 2_000)).toBe(true);
  copy.close();
  const since = performance.now();
  await waitFor('the time for handshakes', () => performance.now() - since > 100);
  loop.turn(0);
  expect(reports).toEqual([{ type: 'waiting', count: 1 }, { type: 'accepting-stopped' }]);
});
