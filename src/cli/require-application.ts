// Looks for what is to answer, so that a path that is wrong is told before anything is started.

import { stat } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import { ServerError } from '../errors.ts';
import { requireProgram } from '../gateway/cgi/given-program.ts';
import { pathInside } from '../path-inside.ts';

/**
 * Checks that what is to answer is there: the handler's file, or the CGI program; and the directories that
 * workers are to be in.
 *
 * @throws ServerError `ERR_SCGI_HANDLER_MISSING`, or `ERR_SCGI_HANDLER_LOAD` for what cannot be run, or
 *   `ERR_SCGI_CONFIG` for a directory that is none
 */
export async function requireApplication(config: Config): Promise<void> {
  const { chroot, chdir, handler, cgi } = config;
  if (chroot !== undefined) await requireDirectory('--chroot', chroot, chroot);
  if (chdir !== undefined) await requireDirectory('--chdir', chdir, fromOutside(chdir, chroot));
  if (cgi === undefined) await requireHandlerFile(handler, chroot);
  else await requireProgram(fromOutside(cgi, chroot));
  if (cgi !== undefined && chroot !== undefined) await requireNullDevice(chroot);
}

function fromOutside(path: string, chroot: string | undefined): string {
  return chroot === undefined ? path : pathInside(chroot, path);
}

async function requireHandlerFile(
  handler: string | undefined,
  chroot: string | undefined,
): Promise<void> {
  if (handler === undefined) return;
  let found: string;
  let cause: unknown;
  try {
    const stats = await stat(fromOutside(handler, chroot));
    if (stats.isFile()) return;
    found = stats.isDirectory() ? 'it is a directory' : 'it is not a file';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    found = code === 'ENOENT' ? 'there is no such file' : String(code);
    cause = error;
  }
  const where = chroot === undefined ? '' : ` inside of --chroot ${chroot}`;
  const message = `handler ${handler}${where}: ${found}`;
  throw new ServerError('ERR_SCGI_HANDLER_MISSING', message, { cause });
}

/** @param path - where it is to us */
async function requireDirectory(option: string, given: string, path: string): Promise<void> {
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const found = cause.code === 'ENOENT' ? 'there is none' : String(cause.code);
    const message = `${option} ${given}: expected a directory, but ${found}`;
    throw new ServerError('ERR_SCGI_CONFIG', message, { cause });
  });
  if (stats.isDirectory()) return;
  throw new ServerError('ERR_SCGI_CONFIG', `${option} ${given}: expected a directory`);
}

/** Standard input of a program that is sent nothing. */
async function requireNullDevice(chroot: string): Promise<void> {
  const device = pathInside(chroot, '/dev/null');
  const stats = await stat(device).catch(() => undefined);
  if (stats?.isCharacterDevice() === true) return;
  const advice = `mkdir -p ${chroot}/dev && mknod -m 666 ${device} c 1 3`;
  const message = `--chroot ${chroot}: CGI programs need /dev/null in it; ${advice}`;
  throw new ServerError('ERR_SCGI_CONFIG', message);
}
