// Memory that master and workers share: an anonymous file, mapped by each of them.

import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import { InternalError } from '../errors.ts';
import { check } from './answers.ts';
import { Descriptor } from './descriptor.ts';
import { loadPosix } from './libc.ts';

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
/** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW. */
const SEALS: number = 1 | 2 | 4;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;

/**
 * Makes an anonymous file of zeros; pass its descriptor to a child that is to map it as well.
 *
 * Its size is sealed: were it cut by one process, each other one would die of SIGBUS at its next
 * access.
 *
 * @param name - shown in /proc/PID/maps, as `/memfd:name`
 * @throws PosixError
 * @see memfd_create(2)
 */
export function createSharedMemory(name: string, bytes: number): Descriptor {
  const posix = loadPosix();
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const fd = check('memfd_create', posix.memfd_create(Buffer.from(`${name}\0`), flags), name);
  const descriptor = new Descriptor(fd, name);
  try {
    check('ftruncate', posix.ftruncate(fd, bytes), name);
    check('fcntl', posix.fcntl(fd, F_ADD_SEALS, 'int', SEALS), name);
    return descriptor;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/**
 * Maps the file. The mapping stays until this process ends, whatever becomes of the descriptor or
 * of the buffer: taking it away under a live buffer would be a crash at its next use, so nothing
 * here can. Map once in a process (and once more in each thread that needs it).
 *
 * Use `Atomics` on an `Int32Array` where order or wholeness matters: it works across processes,
 * except for `wait` and `notify`.
 *
 * @throws PosixError
 * @see mmap(2)
 */
export function mapSharedMemory(descriptor: Descriptor, bytes: number): ArrayBuffer {
  const { fd, subject } = descriptor;
  const { size } = fs.fstatSync(fd);
  // Beyond the end of the file every access would be a SIGBUS.
  if (size < bytes) throw new InternalError(`${subject} has ${size} bytes, not ${bytes}`);
  const posix = loadPosix();
  const address = posix.mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
  return posix.viewOf(check('mmap', address, subject), bytes);
}
