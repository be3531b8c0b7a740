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
  // mod_proxy_scgi follows this one. To web servers that do not it is all the same.
  if (status === 200) return true;
  const isRedirect = status >= 300 && status <= 399;
  return isRedirect && isModScgi(env);
}

/**
 * Whether it is Apache's original module for SCGI that asks.
 *
 * Its name is not there under a `ServerTokens` such as Debian's. mod_proxy_scgi tells a file, which this
 * one never does.
 */
function isModScgi(env: Environment): boolean {
  const software = env['SERVER_SOFTWARE'] ?? '';
  if (software.includes('mod_scgi/')) return true;
  return software.startsWith('Apache') && env['SCRIPT_FILENAME'] === undefined;
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
