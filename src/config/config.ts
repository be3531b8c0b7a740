// The resolved configuration: what every option came to.

import type { ListenAddress } from './listen-address.ts';
import type { CgiConfig } from './options/cgi.ts';
import type { DevelopmentConfig } from './options/development.ts';
import type { DispatchingConfig } from './options/dispatching.ts';
import type { LimitsConfig } from './options/limits.ts';
import type { ListeningConfig } from './options/listening.ts';
import type { LogsConfig } from './options/logs.ts';
import type { OperationConfig } from './options/operation.ts';
import type { PrivilegesConfig } from './options/privileges.ts';
import type { RequestsConfig } from './options/requests.ts';
import type { WorkersConfig } from './options/workers.ts';

/**
 * Resolved values by option key, frozen. Durations are milliseconds, sizes are bytes, what is off or
 * not given is `undefined`.
 */
export interface Config
  extends
    WorkersConfig,
    PrivilegesConfig,
    CgiConfig,
    ListeningConfig,
    RequestsConfig,
    LimitsConfig,
    DispatchingConfig,
    LogsConfig,
    OperationConfig,
    DevelopmentConfig {}

/** Returns all addresses to listen on: of `port`, `socket` and `listen`, in this order. */
export function listenAddresses(
  config: Pick<Config, 'host' | 'port' | 'socket' | 'listen'>,
): ListenAddress[] {
  const { host, port, socket, listen } = config;
  const addresses: ListenAddress[] = [];
  if (port !== undefined) addresses.push({ kind: 'tcp', host, port });
  if (socket !== undefined) addresses.push({ kind: 'unix', path: socket });
  return [...addresses, ...listen];
}
