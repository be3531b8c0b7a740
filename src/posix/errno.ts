// The kernel's error numbers by name, and the error that carries one. Makes no call itself.

import os from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { ServerError } from '../errors.ts';

/** Numbers that Node does not name; they are the same on x64 and arm64 (errno(3)). */
const OTHERS = { ENONET: 64, ETOOMANYREFS: 109, EHOSTDOWN: 112 } as const;

/** Error numbers by name. */
export const ERRNO: typeof os.constants.errno & typeof OTHERS = {
  ...os.constants.errno,
  ...OTHERS,
};

/** Second names of EAGAIN and EOPNOTSUPP on Linux. */
const SYNONYMS: readonly string[] = ['EWOULDBLOCK', 'ENOTSUP'];

/** Returns the name of an error number. */
export function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(ERRNO)) {
    if (value === errno && !SYNONYMS.includes(name)) return name;
  }
  return `errno ${errno}`;
}

/** A system call failed, and there is no answer to that here. */
export class PosixError extends ServerError {
  /** The call, such as `accept4`. */
  readonly call: string;
  /** The error's name, such as `EMFILE`. */
  readonly errno: string;
  /** What the call was about, such as `127.0.0.1:4000`. */
  readonly subject: string;

  constructor(call: string, errno: number, subject: string) {
    const name = errnoName(errno);
    const [, text] = getSystemErrorMap().get(-errno) ?? [];
    const meaning = text === undefined ? '' : ` (${text})`;
    super('ERR_SCGI_POSIX', `${call} on ${subject} failed: ${name}${meaning}`);
    this.call = call;
    this.errno = name;
    this.subject = subject;
  }
}
