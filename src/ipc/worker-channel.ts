// The worker's end of its channel to the master. Bound before any handler code can replace it.

import type { Socket } from 'node:net';
import type { MasterMessage, WorkerMessage } from './messages.ts';

/** Hears one message of the master, with the socket that travelled with it. */
export type MasterListener = (message: MasterMessage, socket?: Socket) => void;

export interface WorkerChannel {
  /** Sends; lost silently when the master is gone, which `onMasterGone` tells. */
  send(message: WorkerMessage): void;
  /** Messages that are sent and not in the channel yet: the master does not keep up. */
  readonly unsent: number;
  onMessage(listener: MasterListener): void;
  onMasterGone(listener: () => void): void;
}

/** Returns the channel of this process, which must have been spawned with one. */
export function openWorkerChannel(process: NodeJS.Process): WorkerChannel {
  const send = process.send?.bind(process);
  if (send === undefined) {
    throw new TypeError('a worker is started by its master only: there is no channel to one');
  }
  // The channel is ours: a handler that finds `process.send` would talk to a master that is not its own.
  delete process.send;
  let unsent = 0;
  const sent = (): void => void unsent--;
  return {
    send: (message) => {
      if (!process.connected) return;
      unsent++;
      send(message, undefined, undefined, sent);
    },
    get unsent() {
      return unsent;
    },
    onMessage: (listener) => {
      process.on('message', (message, handle) => {
        listener(message as MasterMessage, handle as Socket | undefined);
      });
    },
    onMasterGone: (listener) => {
      process.once('disconnect', listener);
    },
  };
}
