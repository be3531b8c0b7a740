// Which dispatcher the master uses, and what that one listens with.

import type { Server } from 'node:net';
import { toBlockList } from '../config/cidr.ts';
import type { Config } from '../config/config.ts';
import { listenAddresses } from '../config/config.ts';
import type { Dispatcher, DispatcherEvents } from '../dispatch/dispatcher.ts';
import type { PortableOptions } from '../dispatch/portable/portable-options.ts';
import { PortableDispatcher } from '../dispatch/portable/portable-dispatcher.ts';
import { ServerError } from '../errors.ts';
import type { Logger } from '../ops/logger.ts';
import { posixUnavailable } from '../posix/libc.ts';
import { resolveLocalPeers } from '../privileges/local-peers.ts';
import { bindPortable } from './bind-portable.ts';
import type { Listener, ListenerOptions } from './listeners.ts';
import { bindListeners } from './listeners.ts';

/** Bound listeners, and the dispatcher that is to be made for them. */
export interface Dispatching {
  kind: 'native' | 'portable';
  listeners: readonly Listener[];
  /** Of the listeners, by their place; `undefined`: it cannot be told. */
  descriptors: readonly (number | undefined)[];
  create(events: DispatcherEvents): Dispatcher;
}

/** Processes beyond the most workers: those that are being replaced, or whose end is still accounted for. */
const EXTRA_PROCESSES = 16;
/** A pool may grow to so many times its size, or to so many workers, without a restart. */
const GROWTH = 4;
const ROOM = 64;

/** Most workers that the pool of this server may ever be told to have. */
export function mostWorkers({ maxWorkers }: Config): number {
  return Math.max(GROWTH * maxWorkers, ROOM);
}

/** Most worker processes at any time: their slots are made at the start. */
export function maxProcesses(config: Config): number {
  return mostWorkers(config) + EXTRA_PROCESSES;
}

/**
 * Binds the addresses in the way that the dispatcher needs.
 *
 * @throws ServerError when the dispatcher cannot work here, or an address not be bound
 */
export async function bindForDispatch(config: Config, log: Logger): Promise<Dispatching> {
  const reason = config.dispatch === 'portable' ? undefined : posixUnavailable();
  if (reason !== undefined && config.dispatch === 'native') {
    const message = `--dispatch native does not work here: ${reason}; --dispatch auto takes what works`;
    throw new ServerError('ERR_SCGI_CONFIG', message);
  }
  if (reason !== undefined)
    log.warn(`connections are passed in the slower, portable way: ${reason}`);
  if (config.dispatch === 'portable' || reason !== undefined) return portable(config);
  return native(config);
}

async function portable(config: Config): Promise<Dispatching> {
  const localStrangerAt = await localCheck(config);
  const addresses = listenAddresses(config);
  const listeners = await bindListeners(bindPortable, addresses, listenerOptions(config));
  const { concurrency, maxQueue, queueTimeout, bootTimeout, requestTimeout } = config;
  const servers = listeners.map(({ socket, inherited, isTcp }) => ({
    ...socket,
    inherited,
    isTcp,
  }));
  const queue = { concurrency, maxQueue, queueTimeout, bootTimeout, requestTimeout };
  const options = { listeners: servers, ...queue, allow: allow(config), localStrangerAt };
  const descriptors = listeners.map(({ socket }) => descriptorOf(socket.server));
  const create: Dispatching['create'] = (events) => new PortableDispatcher(options, events);
  return { kind: 'portable', listeners, descriptors, create };
}

/** Loaded as needed: there is nothing to call where the FFI library is missing. */
async function native(config: Config): Promise<Dispatching> {
  const { bindNative } = await import('./bind-native.ts');
  const { NativeDispatcher } = await import('../dispatch/native/native-dispatcher.ts');
  const allowLocal = resolveLocalPeers(config);
  const addresses = listenAddresses(config);
  const listeners = await bindListeners(bindNative, addresses, listenerOptions(config));
  const { concurrency, queueTimeout, headerTimeout, linger, selfService } = config;
  const { bootTimeout, requestTimeout } = config;
  const options = {
    listeners: listeners.map(({ socket, inherited, isTcp, isMastersAlone = false }) => ({
      descriptor: socket,
      inherited,
      isTcp,
      isMastersAlone,
    })),
    concurrency,
    queueTimeout,
    bootTimeout,
    requestTimeout,
    headerTimeout,
    linger,
    selfService,
    slots: maxProcesses(config),
    allow: allow(config),
    allowLocal,
  };
  const descriptors = listeners.map(({ socket }) => socket.fd);
  const create: Dispatching['create'] = (events) => new NativeDispatcher(options, events);
  return { kind: 'native', listeners, descriptors, create };
}

/** It is there, though Node shows it to nobody. */
function descriptorOf(server: Server): number | undefined {
  const { _handle: handle } = server as Server & { _handle?: { fd?: unknown } | null };
  const fd = handle?.fd;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}

/** Returns what tells whether a peer of a Unix socket may not be served; `undefined`: all may. */
async function localCheck(config: Config): Promise<PortableOptions['localStrangerAt']> {
  const peers = resolveLocalPeers(config);
  if (peers === undefined) return undefined;
  const { localStrangerAt } = await import('../dispatch/native/stranger.ts');
  return (fd) => localStrangerAt(fd, peers);
}

function allow(config: Config): ReturnType<typeof toBlockList> | undefined {
  return config.allow.length === 0 ? undefined : toBlockList(config.allow);
}

function listenerOptions(config: Config): ListenerOptions {
  const { backlog, socketMode, socketOwner, socketGroup } = config;
  const owner = socketOwner === undefined ? {} : { owner: socketOwner };
  const group = socketGroup === undefined ? {} : { group: socketGroup };
  return { backlog, socket: { mode: socketMode, ...owner, ...group } };
}
