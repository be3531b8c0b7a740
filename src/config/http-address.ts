// Where a server takes HTTP, as people write it: `8080`, `[::1]:8080`. Pure.

import { unexpected } from './expectation.ts';
import { parseHost, parsePort } from './listen-address.ts';

export interface HttpAddress {
  /** Host name or IP address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Whoever gives no host means this machine alone. */
const DEFAULT_HOST = '127.0.0.1';

/** @throws ServerError `ERR_SCGI_CONFIG` */
export function parseHttpAddress(given: string): HttpAddress {
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(given) ?? [];
  if (port === undefined || host === '' || /^[^[].*:/.test(host ?? '')) {
    throw unexpected('[HOST:]PORT, such as 8080 or [::1]:8080', given);
  }
  return { host: parseHost(host ?? DEFAULT_HOST), port: parsePort(port) };
}
