// What a worker inherits from its master, by number: its own descriptors behind those of its channel for
// messages, then the listening sockets.

import { InternalError } from '../../errors.ts';
import { Descriptor } from '../../posix/descriptor.ts';
import { keepFromChildren } from '../../posix/end-listening.ts';
import { isNonBlocking } from '../../posix/listeners.ts';

export const CHANNEL_FD = 4;
export const DOORBELL_FD = 5;
export const BOARD_FD = 6;
const FIRST_LISTENER_FD = 7;

export function inherit(fd: number, subject: string): Descriptor {
  const descriptor = new Descriptor(fd, subject);
  keepFromChildren(descriptor);
  return descriptor;
}

export function inheritListener(i: number): Descriptor {
  const listener = inherit(FIRST_LISTENER_FD + i, `listener ${i}`);
  // An accept that blocks would freeze this worker with all its requests.
  if (!isNonBlocking(listener)) throw new InternalError(`${listener.subject} is blocking`);
  return listener;
}
