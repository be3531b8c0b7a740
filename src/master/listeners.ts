// Binds the listening sockets, each before any worker is spawned, so that a bad address is told first.

import fs from 'node:fs';
import type { ListenAddress } from '../config/listen-address.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { InternalError, ServerError } from '../errors.ts';
import type { SocketPathOptions } from './socket-path.ts';
import { prepareSocketPath } from './socket-path.ts';

export interface ListenerOptions {
  /** Length of the listen(2) queue. */
  backlog: number;
  /** Mode and owner of Unix sockets. */
  socket: SocketPathOptions;
}

/** A bound listening socket. */
export interface Listener<S = unknown> {
  /** What it is bound to, as far as is known: the real port where any was asked for. */
  readonly address: ListenAddress;
  readonly socket: S;
  /** Of the internet, however it came here. */
  readonly isTcp: boolean;
  /** It was opened by somebody else, who may go on using it. */
  readonly inherited: boolean;
  /** What whoever passed it calls it: its number, its name. */
  readonly passedAs?: string;
  /**
   * Whoever passed it connects to it when the master has died, to see whether another is needed (lighttpd's
   * `bin-path`). Workers that die a moment later must not have it: no other would ever be started.
   */
  readonly isMastersAlone?: boolean;
  /** Removes what newcomers find us by; connections that wait are not touched. */
  unpublish(): void;
}

export interface InheritedSocket<S> {
  socket: S;
  isTcp: boolean;
  /** Absent: it cannot be found out. */
  address?: ListenAddress | undefined;
}

/** A way to bind sockets; its errors have the `code` of the kernel's or the resolver's error. */
export interface Binder<S> {
  tcp(
    address: { host: string; port: number },
    backlog: number,
  ): Promise<{ socket: S; port: number }>;
  /** Binds before it returns. */
  unix(path: string, backlog: number): Promise<S>;
  inherited(fd: number, backlog: number): Promise<InheritedSocket<S>>;
  close(socket: S): void;
}

/**
 * Binds all addresses, or none.
 *
 * @throws ServerError `ERR_SCGI_LISTEN`: one line that names the address, the cause and the way out
 */
export async function bindListeners<S>(
  binder: Binder<S>,
  addresses: readonly ListenAddress[],
  options: ListenerOptions,
): Promise<Listener<S>[]> {
  const listeners: Listener<S>[] = [];
  try {
    for (const address of addresses) listeners.push(await bind(binder, address, options));
  } catch (error) {
    for (const listener of listeners) {
      listener.unpublish();
      binder.close(listener.socket);
    }
    throw error;
  }
  return listeners;
}

/** The length of the listen queue that the kernel grants, where it tells (Linux). */
export function kernelBacklogLimit(): number | undefined {
  try {
    return Number(fs.readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    // No /proc: the kernel does not say.
    return undefined;
  }
}

async function bind<S>(
  binder: Binder<S>,
  address: ListenAddress,
  { backlog, socket: socketOptions }: ListenerOptions,
): Promise<Listener<S>> {
  if (address.kind === 'fd') return adopt(binder, address, backlog);
  if (address.kind === 'fd-name') {
    throw new InternalError(`${formatListenAddress(address)} was not looked up`);
  }
  if (address.kind === 'tcp') {
    const { socket, port } = await orExplain(address, binder.tcp(address, backlog));
    const bound = { ...address, port };
    return { address: bound, socket, isTcp: true, inherited: false, unpublish: () => {} };
  }
  const path = await prepareSocketPath(address.path, socketOptions);
  const bound = path.bind((temporaryPath) => binder.unix(temporaryPath, backlog));
  const socket = await orExplain(address, bound);
  try {
    path.publish();
  } catch (error) {
    binder.close(socket);
    throw error;
  }
  return { address, socket, isTcp: false, inherited: false, unpublish: () => path.unpublish() };
}

async function adopt<S>(
  binder: Binder<S>,
  given: Extract<ListenAddress, { kind: 'fd' }>,
  backlog: number,
): Promise<Listener<S>> {
  const { socket, isTcp, address } = await orExplain(given, binder.inherited(given.fd, backlog));
  return {
    address: address ?? given,
    socket,
    isTcp,
    inherited: true,
    passedAs: describeInherited(given),
    isMastersAlone: given.fd === 0,
    unpublish: () => {},
  };
}

function describeInherited(given: Extract<ListenAddress, { kind: 'fd' }>): string {
  return given.name === undefined ? `fd:${given.fd}` : `fd:${given.fd}, ${given.name}`;
}

async function orExplain<T>(address: ListenAddress, bound: Promise<T>): Promise<T> {
  try {
    return await bound;
  } catch (error) {
    throw explain(address, error as NodeJS.ErrnoException);
  }
}

const CAUSES: Record<string, string> = {
  EADDRINUSE: 'the address is in use; stop what uses it or choose another port',
  EACCES: 'permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
  EBADF: 'the descriptor is not open; whoever starts the server has to pass a listening socket',
  EINVAL:
    'the descriptor is no listening socket; for a connection (Accept=yes) there is `scgi-server inetd`',
  ENOTSOCK: 'the descriptor is no socket',
  EOPNOTSUPP: 'the descriptor is no stream socket',
  EAFNOSUPPORT: 'the descriptor is neither an internet nor a Unix socket',
};

function explain(address: ListenAddress, error: NodeJS.ErrnoException): ServerError {
  const cause = CAUSES[error.code ?? ''] ?? error.message;
  const where = address.kind === 'fd' ? describeInherited(address) : formatListenAddress(address);
  const message = `cannot listen on ${where}: ${cause}`;
  return new ServerError('ERR_SCGI_LISTEN', message, { cause: error });
}
