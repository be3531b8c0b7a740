// Networks of peers that may connect: `10.0.0.0/8`, `::1`. Pure.

import { BlockList, isIP } from 'node:net';
import { unexpected } from './expectation.ts';

/** A network; a single address has the longest prefix of its family. */
export interface Cidr {
  readonly address: string;
  /** Leading bits that count. */
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/**
 * Parses a network or a single address.
 *
 * @throws ServerError `ERR_SCGI_CONFIG` that says what was expected and what was got
 */
export function parseCidr(text: string): Cidr {
  const [address = '', digits, ...rest] = text.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  const longest = version === 4 ? 32 : 128;
  const prefix = digits === undefined ? longest : Number(digits);
  const isNumber = digits === undefined || /^\d{1,3}$/.test(digits);
  if (version === 0 || !isNumber || prefix > longest || rest.length > 0) {
    throw unexpected('an address or a network, such as 10.0.0.0/8 or ::1', text);
  }
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** Returns a network as {@link parseCidr} reads it. */
export function formatCidr({ address, prefix }: Cidr): string {
  return `${address}/${prefix}`;
}

/** Returns what tells whether an address is in one of the networks. */
export function toBlockList(networks: readonly Cidr[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
