// Binds listening sockets as bare descriptors, for the native dispatcher.

import { lookup } from 'node:dns/promises';
import type { Descriptor } from '../posix/descriptor.ts';
import { PosixError } from '../posix/errno.ts';
import { adoptListener, createListener } from '../posix/listeners.ts';
import type { Binder } from './listeners.ts';

export const bindNative: Binder<Descriptor> = {
  tcp: async ({ host, port }, backlog) => {
    const { address } = await lookup(host);
    // Without TCP_DEFER_ACCEPT: a connection that has not said anything yet would be none of those
    // that are accepted before a stop, and be reset.
    const bound = withCode(() => createListener({ kind: 'tcp', host: address, port }, { backlog }));
    return {
      socket: bound.descriptor,
      port: bound.address.kind === 'tcp' ? bound.address.port : 0,
    };
  },
  unix: async (path, backlog) =>
    withCode(() => createListener({ kind: 'unix', path }, { backlog })).descriptor,
  inherited: async (fd, backlog) => {
    const { descriptor, address } = withCode(() => adoptListener(fd, backlog));
    return { socket: descriptor, isTcp: address.kind === 'tcp' };
  },
  close: (descriptor) => descriptor.close(),
};

/** Errors of the kernel get the `code` that Node gives them, so that both ways of binding say the same. */
function withCode<T>(bind: () => T): T {
  try {
    return bind();
  } catch (error) {
    if (!(error instanceof PosixError)) throw error;
    throw Object.assign(new Error(error.message, { cause: error }), { code: error.errno });
  }
}
