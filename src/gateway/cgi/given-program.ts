// The program, or the directory of programs, that the operator names.

import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ServerError } from '../../errors.ts';

/** Returns the absolute path. A slash at the end means a directory, and stays. */
export function resolveProgram(cwd: string, given: string): string {
  const path = resolve(cwd, given);
  return given.endsWith('/') && !path.endsWith('/') ? `${path}/` : path;
}

/**
 * Checks that it is there, and can be run.
 *
 * @throws ServerError `ERR_SCGI_HANDLER_MISSING`, or `ERR_SCGI_HANDLER_LOAD` for what cannot be run
 */
export async function requireProgram(path: string): Promise<void> {
  const isDirectory = path.endsWith('/');
  const what = isDirectory ? 'directory of CGI programs' : 'CGI program';
  // Without its slash, so that a file is found, too.
  const file = resolve(path);
  const stats = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const found = cause.code === 'ENOENT' ? 'there is none' : String(cause.code);
    throw new ServerError('ERR_SCGI_HANDLER_MISSING', `${what} ${path}: ${found}`, { cause });
  });
  if (stats.isDirectory() !== isDirectory) {
    const advice = isDirectory
      ? `it is no directory; for one program, write ${file}`
      : `it is a directory; for the programs in it, write ${file}/`;
    throw new ServerError('ERR_SCGI_HANDLER_LOAD', `${what} ${path}: ${advice}`);
  }
  if (isDirectory) return;
  await access(path, constants.X_OK).catch((cause: unknown) => {
    const advice = `it is not executable for this user; try chmod +x ${path}`;
    throw new ServerError('ERR_SCGI_HANDLER_LOAD', `${what} ${path}: ${advice}`, { cause });
  });
}
