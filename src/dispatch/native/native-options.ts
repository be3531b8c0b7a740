// What a native dispatcher is made of.

import type { Descriptor } from '../../posix/descriptor.ts';
import type { DispatchTimes } from '../dispatcher.ts';
import type { PeerRules } from './stranger.ts';

/** A listening socket that does not block, and whether it is ours to empty. */
export interface NativeListener {
  descriptor: Descriptor;
  inherited: boolean;
  /** Reachable over TCP, so that `allow` is about it, else `allowLocal`. */
  isTcp: boolean;
  /** No worker gets it: it has to be gone together with the master. */
  isMastersAlone?: boolean;
}

export interface NativeOptions extends PeerRules, DispatchTimes {
  listeners: readonly NativeListener[];
  concurrency: number;
  /** Most workers there can be at once. */
  slots: number;
  headerTimeout: number;
  /** How long a worker that has just finished waits on the listening sockets itself, milliseconds. */
  linger: number;
  /** Whether workers take connections from the listening sockets themselves. */
  selfService: boolean;
}
