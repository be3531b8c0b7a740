// The root directory of this process.

import { Buffer } from 'node:buffer';
import { check } from './answers.ts';
import { loadPosix } from './libc.ts';

/**
 * Makes a directory the root of this process and of its children. The working directory stays where it is,
 * outside: change it as well.
 *
 * @throws PosixError EPERM (not root), ENOENT, ENOTDIR or EACCES
 * @see chroot(2)
 */
export function changeRoot(path: string): void {
  check('chroot', loadPosix().chroot(Buffer.from(`${path}\0`)), path);
}
