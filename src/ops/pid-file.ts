// The file that tells others our process id. Created exclusively and with its content, so that
// nobody ever reads an empty one; a stale one is replaced, one of a living process is respected.

import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { ServerError } from '../errors.ts';

/** A pid file that is ours. */
export interface PidFile {
  /** Removes the file if it still holds our pid. Never throws. */
  remove(): void;
}

/**
 * Writes our process id into a new file.
 *
 * @param path - where; its directory must exist
 * @returns the file, to be removed at exit
 * @throws {@link ServerError} `ERR_SCGI_LISTEN` when it names a living process,
 *   `ERR_SCGI_CONFIG` when it cannot be written
 */
export function createPidFile(path: string): PidFile {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, `${process.pid}\n`, { mode: 0o644 });
    if (!linkExclusively(temporary, path)) {
      refuseLivingOwner(path);
      // Two servers that replace the same stale file at the same instant both believe that they own
      // it; what decides between them is the listening socket.
      renameSync(temporary, path);
    }
  } catch (error) {
    if (error instanceof ServerError) throw error;
    const reason = (error as Error).message;
    throw new ServerError('ERR_SCGI_CONFIG', `cannot write the pid file ${path}: ${reason}`, {
      cause: error,
    });
  } finally {
    rmSync(temporary, { force: true });
  }
  return { remove: () => removeIfOurs(path) };
}

/** Gives a complete file its final name; `false` when the name is taken. */
function linkExclusively(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function refuseLivingOwner(path: string): void {
  const pid = readPid(path);
  // Our own pid is a leftover as well: in a container every start may get the same one.
  if (pid === undefined || pid === process.pid || !isAlive(pid)) return;
  throw new ServerError(
    'ERR_SCGI_LISTEN',
    `the pid file ${path} belongs to process ${pid}, which is running; ` +
      'stop it, or remove the file if that is another program',
  );
}

/** The pid that the file holds, or `undefined` when it holds none. */
function readPid(path: string): number | undefined {
  const content = readFileSync(path, 'utf8').trim();
  return /^[1-9]\d{0,9}$/.test(content) ? Number(content) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function removeIfOurs(path: string): void {
  try {
    if (readPid(path) === process.pid) unlinkSync(path);
  } catch {
    // gone already, or no longer ours to remove: at exit neither matters
  }
}
