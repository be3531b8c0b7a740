// Requests that no application is asked about, and where those that one is asked about belong in it.

import type { ErrorStatus } from '../protocol/error-response.ts';
import { requestedHost } from '../protocol/allowed-hosts.ts';
import type { RequestHead } from '../protocol/header-block.ts';
import { enterMount } from '../protocol/mount.ts';
import { quote } from '../protocol/quote.ts';
import type { Environment } from '../protocol/environment.ts';

export interface AdmissionRules {
  /** Largest request body, bytes; absent: no limit. */
  maxBodySize?: number | undefined;
  /** Where the application is mounted, as `enterMount` takes it; absent: the path is the web server's business. */
  mount?: string | undefined;
  /** Absent: every host is. */
  isHostAllowed?: ((env: Environment) => boolean) | undefined;
}

/** Why a request is refused, and with what. */
export interface Refusal {
  status: ErrorStatus;
  reason: string;
}

/** Methods that no application is asked about: a proxy's business, or a way to read others' headers. */
const REFUSED_METHODS = new Set(['TRACE', 'TRACK', 'CONNECT']);

/** Lets a request in, and sets its path to what is below the mount; or says why not. */
export function admit({ env, bodySize }: RequestHead, rules: AdmissionRules): Refusal | undefined {
  const { maxBodySize, mount, isHostAllowed } = rules;
  if (REFUSED_METHODS.has(env['REQUEST_METHOD'] ?? '')) {
    return { status: 405, reason: 'method refused' };
  }
  if (isHostAllowed?.(env) === false) {
    const reason = `the host ${quote(requestedHost(env))} is not one of --allow-host`;
    return { status: 421, reason };
  }
  if (maxBodySize !== undefined && bodySize > maxBodySize) {
    return { status: 413, reason: 'body above --max-body-size' };
  }
  if (mount !== undefined && !enterMount(env, mount)) {
    return { status: 404, reason: `the path is not below --mount ${quote(mount)}` };
  }
  return undefined;
}
