// Who talks with whom, as a node:http application asks its socket: the user agent with the web server,
// as far as that tells of it.

import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isSecure } from '../protocol/meta-variables.ts';
import type { Environment } from './handler.ts';

/** That part of a `net.Socket`. */
export class ListenerAddresses extends EventEmitter {
  readonly #env: Environment;

  constructor(env: Environment) {
    super();
    this.#env = env;
  }

  get remoteAddress(): string | undefined {
    return this.#env['REMOTE_ADDR'] || undefined;
  }

  get remotePort(): number | undefined {
    return toPort(this.#env['REMOTE_PORT']);
  }

  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress);
  }

  get localAddress(): string | undefined {
    return this.#env['SERVER_ADDR'] || undefined;
  }

  get localPort(): number | undefined {
    return toPort(this.#env['SERVER_PORT']);
  }

  get localFamily(): string | undefined {
    return familyOf(this.localAddress);
  }

  address(): AddressInfo | object {
    const { localAddress: address, localPort: port, localFamily: family } = this;
    return address === undefined ? {} : { address, port, family };
  }

  /** Whether the user agent speaks TLS with the web server. */
  get encrypted(): boolean {
    return isSecure(this.#env);
  }
}

function toPort(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

function familyOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
