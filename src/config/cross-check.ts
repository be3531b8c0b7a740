// What values must be to each other. Pure.

import { type Config, listenAddresses } from './config.ts';
import { formatListenAddress } from './listen-address.ts';
import { formatMount } from './mount-and-hosts.ts';

/** Where each value comes from: a flag, a variable, the path of the file, or `default`. */
export type ConfigSources = Readonly<Record<keyof Config, string>>;

/**
 * Returns the problems between values, each a line.
 *
 * @param config - values that are fine by themselves; others are absent, and not compared
 */
export function crossCheck(config: Partial<Config>, sources: ConfigSources): string[] {
  return [
    ...notAbove('minWorkers', config, sources),
    ...notAbove('spareWorkers', config, sources),
    ...checkListeners(config),
    ...checkApplication(config, sources),
    ...checkDirect(config, sources),
    ...checkWatch(config, sources),
    ...checkWatchedRoot(config, sources),
    ...checkGroup(config, sources),
    ...checkStatusPath(config, sources),
  ];
}

function notAbove(
  key: 'minWorkers' | 'spareWorkers',
  config: Partial<Config>,
  sources: ConfigSources,
): string[] {
  const { [key]: value = 0, maxWorkers = Infinity } = config;
  if (value <= maxWorkers) return [];
  const limit = `at most maxWorkers, ${maxWorkers} (${sources.maxWorkers})`;
  return [`${key} (${sources[key]}): expected ${limit}, got ${value}`];
}

/** Both of them would be told to answer, and it would be up to us which one is meant. */
function checkApplication(config: Partial<Config>, sources: ConfigSources): string[] {
  const { handler, cgi } = config;
  if (handler === undefined || cgi === undefined) return [];
  const found = `handler ${handler} (${sources.handler}) and cgi ${cgi} (${sources.cgi})`;
  return [`cgi: expected a handler or a CGI program, got both: ${found}`];
}

function checkDirect({ direct, dispatch }: Partial<Config>, sources: ConfigSources): string[] {
  if (direct !== true || dispatch !== 'portable') return [];
  return [
    `direct (${sources.direct}): expected dispatch native or auto, got portable (${sources.dispatch})`,
  ];
}

function checkWatch(config: Partial<Config>, sources: ConfigSources): string[] {
  // Absent: it is wrong itself.
  if (config.watch !== true || !('handler' in config) || config.handler !== undefined) return [];
  return [`watch (${sources.watch}): expected a handler to watch, got none`];
}

/** Files are watched from outside, and known by the names that they have inside. */
function checkWatchedRoot({ watch, chroot }: Partial<Config>, sources: ConfigSources): string[] {
  if (watch !== true || chroot === undefined) return [];
  return [`watch (${sources.watch}): expected no chroot, got ${chroot} (${sources.chroot})`];
}

/** The user would stay root, who is in every group. */
function checkGroup(config: Partial<Config>, sources: ConfigSources): string[] {
  if (config.group === undefined || !('user' in config) || config.user !== undefined) return [];
  return [`group (${sources.group}): expected a user as well, got none`];
}

/** What is not below the mount is answered 404 before anybody looks for the page. */
function checkStatusPath({ statusPath, mount }: Partial<Config>, sources: ConfigSources): string[] {
  if (statusPath === undefined || mount === undefined) return [];
  if (statusPath.startsWith(`${mount}/`)) return [];
  const [path, below] = [formatMount(statusPath), formatMount(mount)];
  const expected = `a path below mount ${below} (${sources.mount})`;
  return [`statusPath (${sources.statusPath}): expected ${expected}, got ${path}`];
}

function checkListeners(config: Partial<Config>): string[] {
  const { host, port, socket, listen } = config;
  if (host === undefined || listen === undefined) return [];
  const addresses = listenAddresses({ host, port, socket, listen });
  const isMeant = 'port' in config && 'socket' in config;
  if (addresses.length === 0 && isMeant) return ['port: expected something to listen on, got off'];
  const names = addresses
    // Each port 0 is a port of its own.
    .filter((address) => address.kind !== 'tcp' || address.port !== 0)
    .map(formatListenAddress);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(twice)].map((name) => `listen: expected ${name} once, got it twice`);
}
