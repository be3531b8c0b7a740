// Redirects that Apache would follow itself, without a word to the user agent: a `Location` that begins
// with a slash means "serve this page instead" in CGI (RFC 3875 §6.2.2). One that names a host does not. Pure.

import type { Environment } from './environment.ts';
import type { FrontRules } from './front-rules.ts';
import { requestOrigin } from './meta-variables.ts';

/** Whether a `Location` that begins with a slash has to name a host, for the user agent to learn of it. */
export function needsHost(
  status: number,
  env: Environment,
  mode: FrontRules['absoluteRedirects'],
): boolean {
  if (mode !== 'auto') return mode === 'always';
  // mod_proxy_scgi keeps only these to itself. To the others it is all one.
  if (status === 200) return true;
  return status !== 201 && env['SERVER_SOFTWARE']?.includes('mod_scgi/') === true;
}

/**
 * Returns the absolute URL of a `Location` that begins with a slash, its path as it was written.
 *
 * @returns undefined when the request names no valid host
 */
export function absoluteLocation(location: string, env: Environment): string | undefined {
  const { scheme, host } = requestOrigin(env);
  if (location.startsWith('//')) return `${scheme}:${location}`;
  return host === undefined ? undefined : `${scheme}://${host}${location}`;
}
