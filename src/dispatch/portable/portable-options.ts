// What a portable dispatcher is made of.

import type { Server, Socket } from 'node:net';
import type { DispatchTimes } from '../dispatcher.ts';
import type { PeerChecks } from './stranger.ts';

/** A listening server whose sockets are paused on connect and half-open, and whether it is ours to empty. */
export interface PortableListener {
  server: Server;
  isTcp: boolean;
  inherited: boolean;
  /** Gives `accept` every connection from now on, and those that came before. */
  takeConnections: (accept: (socket: Socket) => void) => void;
}

export interface PortableOptions extends PeerChecks, DispatchTimes {
  listeners: readonly PortableListener[];
  /** Credits of each worker. */
  concurrency: number;
  /** Most connections that wait. */
  maxQueue: number;
}
