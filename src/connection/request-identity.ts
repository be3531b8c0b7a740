// What a request is called in every line about it, and on the scoreboard.

import type { Environment } from '../protocol/environment.ts';
import type { QueryMask } from '../protocol/query-mask.ts';
import { givenRequestId } from './request-id.ts';

/** Who asks, and how: what access logs tell. As it was sent, bytes as latin-1. */
export interface RequestClient {
  address: string | undefined;
  user: string | undefined;
  protocol: string | undefined;
  host: string | undefined;
  referer: string | undefined;
  agent: string | undefined;
}

export interface RequestIdentity {
  id: string;
  method: string;
  /** Masked. */
  uri: string;
  /** Absent unless somebody wants to know. */
  client?: RequestClient | undefined;
}

export interface IdentityOptions {
  /** Returns a name that no other request of this server has, for one that came without. */
  nextRequestId(): string;
  /** Absent: nothing is to be masked. */
  maskQuery?: QueryMask | undefined;
  /** Somebody wants to know who asks. */
  describesClient?: boolean | undefined;
}

export function identify(env: Environment, options: IdentityOptions): RequestIdentity {
  const { maskQuery } = options;
  const id = givenRequestId(env) ?? options.nextRequestId();
  const method = env['REQUEST_METHOD'] ?? '';
  const uri = env['REQUEST_URI'] ?? env['PATH_INFO'] ?? '';
  return {
    id,
    method,
    uri: maskQuery === undefined ? uri : maskQuery(uri),
    // Now: to the handler belongs the record that this is taken from.
    client: options.describesClient === true ? describeClient(env, maskQuery) : undefined,
  };
}

function describeClient(env: Environment, maskQuery: QueryMask | undefined): RequestClient {
  const referer = env['HTTP_REFERER'];
  return {
    address: env['REMOTE_ADDR'],
    user: env['REMOTE_USER'],
    protocol: env['SERVER_PROTOCOL'],
    host: env['HTTP_HOST'],
    // Often a page of the same site.
    referer: referer === undefined || maskQuery === undefined ? referer : maskQuery(referer),
    agent: env['HTTP_USER_AGENT'],
  };
}
