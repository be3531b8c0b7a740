// What can go wrong with a CGI program.

import { ServerError } from '../../errors.ts';

/** The program did not start, was killed, or wrote no response. */
export class ProgramError extends ServerError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SCGI_PROGRAM', message, options);
    // Where in this server it was noticed helps nobody.
    this.stack = `${this.name}: ${message}`;
  }
}

const HINTS: Record<string, string | undefined> = {
  ENOENT: 'it, or the interpreter that its first line names, is not there',
  EACCES: 'it, or the interpreter that its first line names, may not be executed here',
  ENOEXEC: 'it is no program, and has no first line `#!/path/of/interpreter`',
  E2BIG:
    'its environment is too large: Linux allows 128 KB for one variable; see --max-header-size',
  ETXTBSY: 'it, or its interpreter, is open for writing, as a file is that is just being copied',
  EAGAIN: 'this user has as many processes as it may have',
  ENOMEM: 'out of memory',
  EMFILE: 'out of descriptors',
  ENFILE: 'out of descriptors',
};

/** What passes. */
const TEMPORARY: ReadonlySet<string> = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ETXTBSY']);

/** The program could not be started. */
export class ProgramStartError extends ProgramError {
  /** A request that comes later may be served. */
  readonly isTemporary: boolean;

  /** @param cause - of posix_spawn or of Node's spawn */
  constructor(title: string, cause: Error) {
    const code = errnoName(cause);
    super(`${title} cannot be started: ${HINTS[code] ?? cause.message} (${code})`, { cause });
    this.isTemporary = TEMPORARY.has(code);
  }
}

function errnoName(error: Error): string {
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  // Of ours `errno` is the name; of Node's it is a number, and `code` the name.
  return typeof errno === 'string' ? errno : String(code);
}
