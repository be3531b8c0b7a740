// Publishes a Unix socket under its path in one step: bind to a temporary name beside it, set mode
// and owner, rename. Nobody ever finds a socket there that refuses or has the wrong mode, a stale
// one is replaced, a live one respected. Does not know who listens.

import { randomInt } from 'node:crypto';
import * as fs from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import { ServerError } from '../errors.ts';
import { resolveGroupId, resolveUserId } from '../ops/user-ids.ts';

/** `sun_path` less its final NUL; Node 20 and 22 silently cut what is longer. */
const MAX_PATH_BYTES = 107;
const ALL_BITS = 0o777;
const PROBE_TIMEOUT_MS = 1_000;
const MAX_NAME_LENGTH = 13;
const NAME_ATTEMPTS = 100;
const NAME_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Who may connect. */
export interface SocketPathOptions {
  /** Permission bits of the socket. */
  readonly mode: number;
  /** User, by name or number; unchanged if absent. */
  readonly owner?: string | number;
  /** Group, by name or number; unchanged if absent. */
  readonly group?: string | number;
}

/** A path at which a socket may be published. */
export interface SocketPath {
  /** Bind here first: in the same directory, and never longer than the path. */
  readonly temporaryPath: string;
  /** Has `listen` bind a socket there, which it does before it returns, so that it has its mode at once. */
  bind<S>(listen: (temporaryPath: string) => S): S;
  /** Gives the bound socket its owner and path. @throws {@link ServerError} */
  publish(): void;
  /**
   * Removes the socket's file, unless another server has put its own there by now. Never throws.
   * Call it while the socket is still open: until then its inode number cannot be used again.
   */
  unpublish(): void;
}

/**
 * Checks that a socket may be published at a path.
 *
 * @param path - where web servers will look for the socket, at most 107 bytes
 * @param options - mode and owner of the socket
 * @throws {@link ServerError} `ERR_SCGI_LISTEN` when the path cannot be used, a live server
 *   listens there, or a user or group is unknown
 */
export async function prepareSocketPath(
  path: string,
  options: SocketPathOptions,
): Promise<SocketPath> {
  requireFittingLength(path);
  requireWritableDirectory(dirname(resolve(path)));
  const uid = options.owner === undefined ? undefined : resolveUserId(options.owner);
  const gid = options.group === undefined ? undefined : resolveGroupId(options.group);
  const stale = await findReplaceable(path);
  const temporaryPath = chooseTemporaryPath(path);
  // Absolute, because the working directory may change before the socket is removed.
  const [published, temporary] = [resolve(path), resolve(temporaryPath)];
  let ours: fs.Stats | undefined;

  const publish = (): void => {
    const bound = fs.lstatSync(temporary);
    // Where others may write to the directory, there may be a link by now: it is not to be followed.
    fs.lchownSync(temporary, uid ?? bound.uid, gid ?? bound.gid);
    const present = fs.lstatSync(published, { throwIfNoEntry: false });
    if (present !== undefined && !isSameFile(present, stale)) {
      throw refusal(path, 'another server has just put its own socket there');
    }
    fs.renameSync(temporary, published);
    ours = bound;
  };
  const unpublish = (): void => {
    if (ours === undefined) fs.rmSync(temporary, { force: true });
    else if (isSameFile(fs.lstatSync(published), ours)) fs.unlinkSync(published);
  };
  return {
    temporaryPath,
    bind: (listen) => withMode(options.mode, () => listen(temporaryPath)),
    publish: () => orRefuse(path, publish),
    unpublish: () => orIgnore(unpublish),
  };
}

/** A mode that is changed afterwards is changed by path, and whoever may write to the directory may exchange that. */
function withMode<S>(mode: number, bind: () => S): S {
  const before = process.umask(ALL_BITS & ~mode);
  try {
    return bind();
  } finally {
    process.umask(before);
  }
}

function requireFittingLength(path: string): void {
  const length = Buffer.byteLength(path);
  if (length <= MAX_PATH_BYTES) return;
  throw refusal(path, `the path has ${length} bytes, the system's limit is ${MAX_PATH_BYTES}`);
}

function requireWritableDirectory(directory: string): void {
  try {
    if (!fs.statSync(directory).isDirectory()) throw refusal(directory, 'it is not a directory');
    fs.accessSync(directory, fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw refusal(directory, directoryProblem(error as NodeJS.ErrnoException), error);
  }
}

function directoryProblem(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'the directory does not exist';
  if (error.code === 'EACCES') return `user ${process.getuid?.()} may not write to the directory`;
  return error.message;
}

/** Finds nothing, or a socket at which nobody listens any more; refuses anything else. */
async function findReplaceable(path: string): Promise<fs.Stats | undefined> {
  const existing = fs.lstatSync(path, { throwIfNoEntry: false });
  if (existing === undefined) return undefined;
  if (!existing.isSocket()) {
    throw refusal(path, `${kindOf(existing)} is there, which will not be replaced`);
  }
  const answer = await probe(path);
  if (answer === 'ECONNREFUSED' || answer === 'ENOENT') return existing;
  throw refusal(path, probeVerdict(answer));
}

function probeVerdict(answer: string): string {
  // EAGAIN: somebody listens, and the backlog is full
  if (answer === 'connected' || answer === 'EAGAIN') return 'another server is listening there';
  if (answer === 'EACCES' || answer === 'EPERM') {
    return `a socket is there to which user ${process.getuid?.()} may not connect, so a server may be listening`;
  }
  return `a socket is there, and whether a server listens is unknown (${answer})`;
}

/** Tries to connect; returns what came of it: `connected`, an error code, or `no answer`. */
function probe(path: string): Promise<string> {
  return new Promise((settle) => {
    const socket = connect({ path, timeout: PROBE_TIMEOUT_MS });
    const finish = (answer: string): void => {
      socket.destroy();
      settle(answer);
    };
    socket.once('connect', () => finish('connected'));
    socket.once('timeout', () => finish('no answer'));
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}

function chooseTemporaryPath(path: string): string {
  const length = Math.min(Buffer.byteLength(basename(path)), MAX_NAME_LENGTH);
  for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt += 1) {
    const candidate = join(dirname(path), randomName(length));
    const isTaken = fs.lstatSync(candidate, { throwIfNoEntry: false }) !== undefined;
    if (!isTaken && resolve(candidate) !== resolve(path)) return candidate;
  }
  throw refusal(path, 'no temporary name of that length is free in the directory');
}

/** Hidden, so that a pattern such as `*.sock` does not find it, unless that leaves no room. */
function randomName(length: number): string {
  const start = length > 1 ? '.' : '';
  return start.padEnd(length, '?').replaceAll('?', () => {
    return NAME_CHARACTERS.charAt(randomInt(NAME_CHARACTERS.length));
  });
}

function kindOf(stats: fs.Stats): string {
  if (stats.isFile()) return 'a regular file';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isFIFO()) return 'a named pipe';
  return 'a device';
}

function isSameFile(a: fs.Stats, b: fs.Stats | undefined): boolean {
  return b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

function orRefuse(path: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw refusal(path, (error as Error).message, error);
  }
}

function orIgnore(action: () => void): void {
  try {
    action();
  } catch {
    // gone already, or not ours to remove: there is nothing left to do about it
  }
}

function refusal(path: string, reason: string, cause?: unknown): ServerError {
  return new ServerError('ERR_SCGI_LISTEN', `cannot listen on ${path}: ${reason}`, { cause });
}
