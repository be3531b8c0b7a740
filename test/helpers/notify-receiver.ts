// What systemd is to a service: a socket that hears how it fares.

import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Descriptor } from '../../src/posix/descriptor.ts';
import { loadPosix } from '../../src/posix/libc.ts';
import { NativeBuffer } from '../../src/posix/native-buffer.ts';
import { AF_UNIX, encodeAddress } from '../../src/posix/socket-address.ts';
import { QUIET_SOCKET, receive } from '../../src/posix/sockets.ts';
import { tempDir } from './temp-dir.ts';

const SOCK_DGRAM = 2;

export interface NotifyReceiver {
  /** For NOTIFY_SOCKET. */
  name: string;
  /** All messages so far, lines joined by `; `. */
  messages(): string[];
}

/** @param name - `@` and a name that is no file; absent: a path */
export function receiveNotifications(name: string = path.join(tempDir(), 'n')): NotifyReceiver {
  const posix = loadPosix();
  const socket = new Descriptor(posix.socket(AF_UNIX, SOCK_DGRAM | QUIET_SOCKET, 0), name);
  onTestFinished(() => socket.close());
  const { bytes } = encodeAddress({ kind: 'unix', path: name.replace(/^@/, '\0') });
  if (posix.bind(socket.fd, bytes, bytes.length) !== 0) throw new Error(`cannot bind ${name}`);
  const buffer = new NativeBuffer(4096);
  const heard: string[] = [];
  return {
    name,
    messages: () => {
      for (let n = receive(socket.fd, buffer, 0); n >= 0; n = receive(socket.fd, buffer, 0)) {
        heard.push(buffer.bytes.toString('utf8', 0, n).replaceAll('\n', '; '));
      }
      return heard;
    },
  };
}
