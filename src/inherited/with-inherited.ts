// Which of the sockets that this process was started with it listens on: all of them where no address is
// given anywhere, else those that are named. Pure.

import type { Config } from '../config/config.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { ServerError } from '../errors.ts';
import { STDIN } from '../standard-descriptors.ts';
import type { ListenFds, PassedSocket } from './listen-fds.ts';
import type { StandardInput } from './standard-input.ts';

/** What this process was started with. */
export interface Inherited extends ListenFds {
  readonly input: StandardInput;
}

/** The configuration with inherited sockets in it, each by its number. */
export interface WithInherited extends ResolvedConfig {
  /** Those that nobody asked for. */
  readonly unused: readonly number[];
  /** What the log is to warn of, once there is one. */
  readonly warnings: readonly string[];
}

type FdAddress = Extract<ListenAddress, { kind: 'fd' }>;

/**
 * Completes the configuration with the inherited sockets.
 *
 * @throws ServerError `ERR_SCGI_CONFIG` for a name that no socket has; `ERR_SCGI_LISTEN` where a
 *   connection is all that there is to listen on
 */
export function withInherited(resolved: ResolvedConfig, inherited: Inherited): WithInherited {
  const { config, sources } = resolved;
  const listen = isAddressGiven(resolved)
    ? config.listen.flatMap((address) => byNumber(address, inherited.sockets))
    : whatIsThere(inherited);
  requireEachOnce(listen);
  const unused = findUnused(listen, inherited);
  const warnings = warn(inherited, unused);
  if (isAddressGiven(resolved) || listen.length === 0) {
    return { config: { ...config, listen }, sources, unused, warnings };
  }
  const source = inherited.sockets.length > 0 ? 'LISTEN_FDS' : 'standard input';
  return {
    config: { ...config, port: undefined, listen },
    sources: { ...sources, port: source, listen: source },
    unused,
    warnings,
  };
}

/** Whether anything says where to listen; else it is the default, or what is inherited. */
export function isAddressGiven({ config, sources }: ResolvedConfig): boolean {
  const isPortGiven = sources.port !== 'default' || sources.host !== 'default';
  return isPortGiven || config.socket !== undefined || config.listen.length > 0;
}

function whatIsThere({ sockets, input }: Inherited): Config['listen'] {
  if (sockets.length > 0) return sockets.map(toAddress);
  if (input === 'listener') return [{ kind: 'fd', fd: STDIN }];
  if (input === 'other') return [];
  throw new ServerError(
    'ERR_SCGI_LISTEN',
    'standard input is a connection, and a server needs a listening socket: whoever starts it for each ' +
      'connection (nowait, tcpserver, Accept=yes) has to start `scgi-server inetd`',
  );
}

function byNumber(address: ListenAddress, sockets: readonly PassedSocket[]): ListenAddress[] {
  if (address.kind === 'fd') {
    const passed = sockets.find(({ fd }) => fd === address.fd);
    return [passed === undefined ? address : toAddress(passed)];
  }
  if (address.kind !== 'fd-name') return [address];
  const found = sockets.filter(({ name }) => name === address.name);
  if (found.length > 0) return found.map(toAddress);
  const names = [...new Set(sockets.map(({ name }) => name ?? 'one without a name'))];
  const there = names.length === 0 ? 'no sockets were passed (LISTEN_FDS)' : names.join(', ');
  const expected = `the name of a socket that was passed (LISTEN_FDNAMES)`;
  const message = `listen: ${formatListenAddress(address)}: expected ${expected}, which are: ${there}`;
  throw new ServerError('ERR_SCGI_CONFIG', message);
}

function toAddress({ fd, name }: PassedSocket): FdAddress {
  return name === undefined ? { kind: 'fd', fd } : { kind: 'fd', fd, name };
}

function requireEachOnce(listen: Config['listen']): void {
  const numbers = listen.flatMap((address) => (address.kind === 'fd' ? [address.fd] : []));
  const twice = numbers.find((fd, i) => numbers.indexOf(fd) !== i);
  if (twice === undefined) return;
  const message = `listen: expected each inherited socket once, got fd:${twice} twice, by number and by name`;
  throw new ServerError('ERR_SCGI_CONFIG', message);
}

function findUnused(listen: Config['listen'], { sockets, input }: Inherited): number[] {
  const used = new Set(listen.flatMap((address) => (address.kind === 'fd' ? [address.fd] : [])));
  const there = sockets.map(({ fd }) => fd);
  return [...there, ...(input === 'other' ? [] : [STDIN])].filter((fd) => !used.has(fd));
}

function warn({ sockets, foreignPid }: Inherited, unused: readonly number[]): string[] {
  const warnings: string[] = [];
  if (foreignPid !== undefined) {
    const whom = `it is meant for process ${foreignPid} (LISTEN_PID), and this is another`;
    warnings.push(`LISTEN_FDS is ignored: ${whom}; what is in between has to exec the server`);
  }
  if (unused.length > 0) {
    const names = unused.map((fd) => describe(sockets.find((one) => one.fd === fd) ?? { fd }));
    warnings.push(`inherited and not used, since other addresses are given: ${names.join(', ')}`);
  }
  return warnings;
}

function describe({ fd, name }: { fd: number; name?: string | undefined }): string {
  if (fd === STDIN) return 'fd:0, standard input';
  return name === undefined ? `fd:${fd}` : `fd:${fd} (${name})`;
}
