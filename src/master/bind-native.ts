// Binds listening sockets as bare descriptors, for the native dispatcher.

import { lookup } from 'node:dns/promises';
import type { Descriptor } from '../posix/descriptor.ts';
import { createListener } from '../posix/listeners.ts';
import { adoptInherited, withCode } from './adopt-inherited.ts';
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
    const { descriptor, address } = adoptInherited(fd, backlog);
    return { socket: descriptor, isTcp: address.kind === 'tcp', address };
  },
  close: (descriptor) => descriptor.close(),
};
