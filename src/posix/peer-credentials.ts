// Who is at the other end of a Unix socket (unix(7)): as it was when it connected, whatever it became since.

import type { Answers } from './answers.ts';
import { answers, answerTo, check, NOTHING } from './answers.ts';
import { ERRNO } from './errno.ts';
import { loadPosix } from './libc.ts';
import { SOL_SOCKET } from './sockets.ts';

export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

const SO_PEERCRED = 17;
const SO_PEERGROUPS = 59;
/** struct ucred: three numbers of 32 bits. */
const UCRED_BYTES = 12;
/** What other sockets say. */
const NOBODY = -1;
/** Groups that there is room for at first. */
const FIRST_ROOM = 64;
/** The kernel is older than 4.13, or it is no Unix socket. */
const NOT_TOLD: Answers = answers([NOTHING, ERRNO.ENOPROTOOPT, ERRNO.EOPNOTSUPP, ERRNO.ENODATA]);

/** Returns whose connection it is; `undefined`: it is none of a Unix socket. */
export function peerCredentials(fd: number): PeerCredentials | undefined {
  const words = new Int32Array(UCRED_BYTES / 4);
  check('getsockopt', getOption(fd, SO_PEERCRED, words).result, fd);
  const [pid = 0, uid = NOBODY, gid = NOBODY] = words;
  return uid === NOBODY ? undefined : { pid, uid: uid >>> 0, gid: gid >>> 0 };
}

/** Returns the supplementary groups of whoever connected; none where the kernel does not tell. */
export function peerGroups(fd: number): number[] {
  let words = new Int32Array(FIRST_ROOM);
  let { result, bytes } = getOption(fd, SO_PEERGROUPS, words);
  // There were more than there was room for: now it is known how many.
  if (result !== 0 && bytes > words.byteLength) {
    words = new Int32Array(bytes / 4);
    ({ result, bytes } = getOption(fd, SO_PEERGROUPS, words));
  }
  if (result !== 0) {
    answerTo('getsockopt', NOT_TOLD, fd);
    return [];
  }
  return Array.from(words.subarray(0, bytes / 4), (gid) => gid >>> 0);
}

function getOption(fd: number, name: number, words: Int32Array): { result: number; bytes: number } {
  const length = new Uint32Array([words.byteLength]);
  const room = new Uint8Array(words.buffer);
  const lengthBytes = new Uint8Array(length.buffer);
  const result = loadPosix().getsockopt(fd, SOL_SOCKET, name, room, lengthBytes);
  return { result, bytes: length[0] ?? 0 };
}
