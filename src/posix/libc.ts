// Every C function that this program calls, declared once, and the only file that knows the FFI library.
// Plain synchronous calls: no callbacks, no strings or structs converted, nothing allocated in a call.

import { createRequire } from 'node:module';
import { ServerError } from '../errors.ts';

/** Memory that a call reads or fills: our bytes, or the address of some. */
export type Pointer = Uint8Array | number | null;

/** An argument of a variadic C function: its type is said before its value. */
type Type = 'int' | 'unsigned long';

/** What we use of the FFI library. Its own types are not there where it is not installed. */
interface Koffi {
  load(path: null): { func(declaration: string): (...args: unknown[]) => number };
  errno(): number;
  address(bytes: Uint8Array): number | bigint;
  view(address: bigint, bytes: number): ArrayBuffer;
}

/** The C functions, and the three things that the FFI library itself does for us. */
export interface Posix {
  /** The error number of the last call in this thread; ask before anything else is called. */
  errno(): number;
  /** Where bytes lie. They must not live in V8's own heap, see `NativeBuffer`. */
  addressOf(bytes: Uint8Array): number;
  /** Memory as an ArrayBuffer that does not own it. */
  viewOf(address: number, bytes: number): ArrayBuffer;

  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number, pair: Pointer): number;
  bind(fd: number, address: Pointer, length: number): number;
  listen(fd: number, backlog: number): number;
  connect(fd: number, address: Pointer, length: number): number;
  accept4(fd: number, address: Pointer, length: Pointer, flags: number): number;
  recv(fd: number, bytes: Pointer, length: number, flags: number): number;
  send(fd: number, bytes: Pointer, length: number, flags: number): number;
  recvmsg(fd: number, message: Pointer, flags: number): number;
  sendmsg(fd: number, message: Pointer, flags: number): number;
  shutdown(fd: number, how: number): number;
  getsockopt(fd: number, level: number, name: number, value: Pointer, length: Pointer): number;
  setsockopt(fd: number, level: number, name: number, value: Pointer, length: number): number;
  getsockname(fd: number, address: Pointer, length: Pointer): number;
  getpeername(fd: number, address: Pointer, length: Pointer): number;
  inet_pton(family: number, text: Pointer, address: Pointer): number;
  /** Its result is a pointer, which nobody needs. */
  inet_ntop(family: number, address: Pointer, text: Pointer, size: number): void;
  if_nametoindex(name: Pointer): number;

  close(fd: number): number;
  dup2(fd: number, as: number): number;
  read(fd: number, bytes: Pointer, length: number): number;
  write(fd: number, bytes: Pointer, length: number): number;
  fcntl(fd: number, command: number, type: Type, argument: number): number;
  poll(entries: Pointer, count: number, timeoutMs: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Pointer): number;
  epoll_wait(epoll: number, events: Pointer, count: number, timeoutMs: number): number;
  eventfd(value: number, flags: number): number;

  memfd_create(name: Pointer, flags: number): number;
  ftruncate(fd: number, bytes: number): number;
  /** Returns the address, or -1. */
  mmap(
    hint: Pointer,
    bytes: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): number;
  prctl(option: number, type: Type, argument: number): number;
  chroot(path: Pointer): number;
  close_range(first: number, last: number, flags: number): number;
  pidfd_open(pid: number): number;
  pidfd_getfd(pidfd: number, fd: number): number;
}

/** C functions that start programs: declared apart, since few processes do, and old C libraries lack one. */
export interface PosixSpawn {
  pipe2(pair: Pointer, flags: number): number;
  /** This one and those it is told by return an error number, or 0. */
  posix_spawn(
    pid: Pointer,
    file: Pointer,
    actions: Pointer,
    attributes: Pointer,
    args: Pointer,
    env: Pointer,
  ): number;
  posix_spawn_file_actions_init(actions: Pointer): number;
  posix_spawn_file_actions_adddup2(actions: Pointer, fd: number, as: number): number;
  posix_spawn_file_actions_addchdir_np(actions: Pointer, directory: Pointer): number;
  posix_spawn_file_actions_destroy(actions: Pointer): number;
  posix_spawnattr_init(attributes: Pointer): number;
  posix_spawnattr_setflags(attributes: Pointer, flags: number): number;
  posix_spawnattr_setsigdefault(attributes: Pointer, signals: Pointer): number;
  sigfillset(signals: Pointer): number;
  waitid(type: number, id: number, info: Pointer, options: number): number;
}

let loaded: Posix | undefined;
let loadedSpawn: PosixSpawn | undefined;
/** Kept: in another root directory it could not be found a second time. */
let koffi: Koffi | undefined;

/**
 * Returns the C functions; the FFI library is loaded at the first call.
 *
 * @throws ServerError `ERR_SCGI_POSIX` where {@link posixUnavailable} has something to say
 */
export function loadPosix(): Posix {
  return (loaded ??= load(declare));
}

/**
 * Returns the C functions that start programs.
 *
 * @throws ServerError `ERR_SCGI_POSIX` where there are none, or the C library is older than glibc 2.29
 */
export function loadPosixSpawn(): PosixSpawn {
  return (loadedSpawn ??= load(declareSpawn));
}

/** Says in one sentence why this process cannot call C functions; undefined if it can. */
export function posixUnavailable(): string | undefined {
  try {
    loadPosix();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function load<Functions>(declareThem: (koffi: Koffi) => Functions): Functions {
  const { platform, arch } = process;
  if (platform !== 'linux') throw unavailable(`native calls need Linux, and this is ${platform}`);
  if (arch !== 'x64' && arch !== 'arm64') {
    throw unavailable(`native calls need x64 or arm64, and this is ${arch}`);
  }
  const library = (koffi ??= attempt('the package koffi cannot be loaded', requireKoffi));
  return attempt('a C function is missing', () => declareThem(library));
}

function requireKoffi(): Koffi {
  return createRequire(import.meta.url)('koffi') as Koffi;
}

function attempt<Result>(problem: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    // A module that is not there is told with a list of those that asked for it.
    const [reason] = (error as Error).message.split('\n');
    throw unavailable(`${problem}: ${reason}`, error);
  }
}

function unavailable(reason: string, cause?: unknown): ServerError {
  return new ServerError('ERR_SCGI_POSIX', reason, { cause });
}

/**
 * Declares all functions. The library `null` is the running process, so its own C library: glibc
 * and musl alike. Byte counts are declared `int`: no transfer of ours comes near 2 GiB, and a
 * `long` would have to be tested for fitting a JavaScript number.
 */
function declare(library: Koffi): Posix {
  const lib = library.load(null);
  const syscall = lib.func('int syscall(long number, ...)');
  return {
    errno: () => library.errno(),
    addressOf: (bytes) => Number(library.address(bytes)),
    viewOf: (address, bytes) => library.view(BigInt(address), bytes),

    socket: lib.func('int socket(int domain, int type, int protocol)'),
    socketpair: lib.func('int socketpair(int domain, int type, int protocol, void *pair)'),
    bind: lib.func('int bind(int fd, void *address, uint32_t length)'),
    listen: lib.func('int listen(int fd, int backlog)'),
    connect: lib.func('int connect(int fd, void *address, uint32_t length)'),
    accept4: lib.func('int accept4(int fd, void *address, void *length, int flags)'),
    recv: lib.func('int recv(int fd, void *bytes, size_t length, int flags)'),
    send: lib.func('int send(int fd, void *bytes, size_t length, int flags)'),
    recvmsg: lib.func('int recvmsg(int fd, void *message, int flags)'),
    sendmsg: lib.func('int sendmsg(int fd, void *message, int flags)'),
    shutdown: lib.func('int shutdown(int fd, int how)'),
    getsockopt: lib.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
    setsockopt: lib.func(
      'int setsockopt(int fd, int level, int name, void *value, uint32_t length)',
    ),
    getsockname: lib.func('int getsockname(int fd, void *address, void *length)'),
    getpeername: lib.func('int getpeername(int fd, void *address, void *length)'),
    inet_pton: lib.func('int inet_pton(int family, void *text, void *address)'),
    inet_ntop: lib.func('void inet_ntop(int family, void *address, void *text, uint32_t size)'),
    if_nametoindex: lib.func('uint32_t if_nametoindex(void *name)'),

    close: lib.func('int close(int fd)'),
    dup2: lib.func('int dup2(int fd, int as)'),
    read: lib.func('int read(int fd, void *bytes, size_t length)'),
    write: lib.func('int write(int fd, void *bytes, size_t length)'),
    fcntl: lib.func('int fcntl(int fd, int command, ...)'),
    poll: lib.func('int poll(void *entries, unsigned long count, int timeoutMs)'),
    epoll_create1: lib.func('int epoll_create1(int flags)'),
    epoll_ctl: lib.func('int epoll_ctl(int epoll, int operation, int fd, void *event)'),
    epoll_wait: lib.func('int epoll_wait(int epoll, void *events, int count, int timeoutMs)'),
    eventfd: lib.func('int eventfd(uint32_t value, int flags)'),

    memfd_create: lib.func('int memfd_create(void *name, uint32_t flags)'),
    ftruncate: lib.func('int ftruncate(int fd, int64_t bytes)'),
    mmap: lib.func(
      'int64_t mmap(void *hint, size_t bytes, int protection, int flags, int fd, int64_t offset)',
    ),
    prctl: lib.func('int prctl(int option, ...)'),
    chroot: lib.func('int chroot(void *path)'),
    // No C library has wrappers for these everywhere; the numbers are the same on x64 and arm64.
    close_range: (first, last, flags) =>
      syscall(436, 'uint32_t', first, 'uint32_t', last, 'uint32_t', flags),
    pidfd_open: (pid) => syscall(434, 'int', pid, 'uint32_t', 0),
    pidfd_getfd: (pidfd, fd) => syscall(438, 'int', pidfd, 'int', fd, 'uint32_t', 0),
  };
}

function declareSpawn(library: Koffi): PosixSpawn {
  const lib = library.load(null);
  return {
    pipe2: lib.func('int pipe2(void *pair, int flags)'),
    posix_spawn: lib.func(
      'int posix_spawn(void *pid, void *file, void *actions, void *attributes, void *args, void *env)',
    ),
    posix_spawn_file_actions_init: lib.func('int posix_spawn_file_actions_init(void *actions)'),
    posix_spawn_file_actions_adddup2: lib.func(
      'int posix_spawn_file_actions_adddup2(void *actions, int fd, int as)',
    ),
    posix_spawn_file_actions_addchdir_np: lib.func(
      'int posix_spawn_file_actions_addchdir_np(void *actions, void *directory)',
    ),
    posix_spawn_file_actions_destroy: lib.func(
      'int posix_spawn_file_actions_destroy(void *actions)',
    ),
    posix_spawnattr_init: lib.func('int posix_spawnattr_init(void *attributes)'),
    posix_spawnattr_setflags: lib.func(
      'int posix_spawnattr_setflags(void *attributes, int16_t flags)',
    ),
    posix_spawnattr_setsigdefault: lib.func(
      'int posix_spawnattr_setsigdefault(void *attributes, void *signals)',
    ),
    sigfillset: lib.func('int sigfillset(void *signals)'),
    waitid: lib.func('int waitid(int type, uint32_t id, void *info, int options)'),
  };
}
