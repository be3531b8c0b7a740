// Which of the addresses that a server would listen on a client talks to. Pure.

import type { Config } from '../config/config.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { VARIABLE_PREFIX } from '../config/option-table.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { ServerError } from '../errors.ts';

/**
 * Returns the address that is given most directly: by a flag, else in the environment, else in the
 * file, else by default; of several the first. Inherited descriptors cannot be connected to.
 *
 * @throws ServerError `ERR_SCGI_CONNECT` when there is none
 */
export function serverAddress({ config, sources }: ResolvedConfig): ListenAddress {
  const { host, port, socket, listen } = config;
  const rank = (key: keyof Config) => directness(sources[key]);
  const candidates: Array<[rank: number, address: ListenAddress]> = [];
  if (port !== undefined) {
    candidates.push([Math.max(rank('port'), rank('host')), { kind: 'tcp', host, port }]);
  }
  if (socket !== undefined) candidates.push([rank('socket'), { kind: 'unix', path: socket }]);
  for (const address of listen) {
    if (address.kind === 'tcp' || address.kind === 'unix')
      candidates.push([rank('listen'), address]);
  }
  // The sort is stable: among equals the first stays the first.
  const [best] = candidates.toSorted(([a], [b]) => b - a);
  if (best !== undefined) return best[1];
  const message =
    'no address to connect to: name the server with --port, --host, --socket or --listen';
  throw new ServerError('ERR_SCGI_CONNECT', message);
}

function directness(source: string | undefined): number {
  if (source === undefined || source === 'default') return 0;
  if (source.startsWith('--')) return 3;
  return source.startsWith(VARIABLE_PREFIX) ? 2 : 1;
}
