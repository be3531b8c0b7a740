// The id of a request that the web server has given it. Pure.

import type { Environment } from '../protocol/environment.ts';

/**
 * What web servers and tracing make: hexadecimal (nginx), Apache's UNIQUE_ID, UUIDs, trace ids, Base64.
 * Nothing that would need quotes or escapes anywhere, and no list: of two headers web servers make one.
 */
const ID = /^[\w.@=+/:-]{1,128}$/;

/** Returns `HTTP_X_REQUEST_ID`, if that is an id; else it is as if nothing was given. */
export function givenRequestId(env: Environment): string | undefined {
  const given = env['HTTP_X_REQUEST_ID'];
  return given !== undefined && ID.test(given) ? given : undefined;
}
