// Where the application is mounted: which part of a request's path names it, and which is its own. Pure.
//
// Web servers differ in what they make of SCRIPT_NAME and PATH_INFO: nginx sends neither unless told to,
// Apache's mod_proxy_scgi puts the whole path into the first, others split it where their own
// configuration says. With a mount both are set from the whole path, which each of them tells somewhere.

import type { Environment } from './environment.ts';
import { pathAndQuery } from './meta-variables.ts';
import { decodePath } from './request-path.ts';

/**
 * Sets `SCRIPT_NAME` to the mount and `PATH_INFO` to what follows it (RFC 3875 §4.1.13, §4.1.5).
 *
 * @param mount - decoded path without a slash at its end, latin-1; empty for the root
 * @returns false, and nothing is set, when the request's path is not below the mount
 */
export function enterMount(env: Environment, mount: string): boolean {
  const path = wholePath(env);
  const isBelow = path === mount || path?.startsWith(`${mount}/`);
  if (path === undefined || !isBelow) return false;
  env['SCRIPT_NAME'] = mount;
  env['PATH_INFO'] = path.slice(mount.length);
  return true;
}

/**
 * The whole path as the web server has understood it, and as its access rules applied to it: decoded, without
 * `..`.
 */
export function wholePath(env: Environment): string | undefined {
  const { SCRIPT_NAME: name, PATH_INFO: info, DOCUMENT_URI: document } = env;
  // mod_proxy_scgi: the whole path is the name; with proxy-scgi-pathinfo the name is wrong and the rest encoded.
  if (env['SCRIPT_FILENAME']?.startsWith('proxy:') === true && info === undefined) return name;
  if (env['SCRIPT_FILENAME']?.startsWith('proxy:') === true) return fromTarget(env);
  // Only nginx sends this one, and whatever its operator makes of the other two, it is the whole path.
  if (document) return document;
  return name || info ? (name ?? '') + (info ?? '') : fromTarget(env);
}

function fromTarget(env: Environment): string | undefined {
  return decodePath(pathAndQuery(env).path);
}
