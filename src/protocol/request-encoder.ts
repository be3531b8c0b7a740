// Writes requests: what a web server sends, for the development gateway and the request command.

import type { Buffer } from 'node:buffer';
import { encodeHeaderBlock } from './header-block.ts';
import { encodeNetstring } from './netstring.ts';

/**
 * Encodes everything of a request that comes before its body (SCGI specification, "Request Format"):
 * `CONTENT_LENGTH` first, `SCGI` second, then `pairs` in their order.
 *
 * @param pairs - meta-variables, latin-1 strings; a `CONTENT_LENGTH` or `SCGI` among them is left out,
 *   so that what was parsed from one request can be sent again
 * @param bodySize - length of the body that will follow, bytes
 * @throws TypeError for an empty name, a NUL, a character above U+00FF or a body size that is no length
 */
export function encodeRequest(
  pairs: Iterable<readonly [string, string]>,
  bodySize: number,
): Buffer {
  if (!Number.isSafeInteger(bodySize) || bodySize < 0) {
    throw new TypeError(`expected a body size in bytes, got ${bodySize}`);
  }
  const all: Array<readonly [string, string]> = [
    ['CONTENT_LENGTH', String(bodySize)],
    ['SCGI', '1'],
  ];
  for (const pair of pairs) {
    if (pair[0] !== 'CONTENT_LENGTH' && pair[0] !== 'SCGI') all.push(pair);
  }
  return encodeNetstring(encodeHeaderBlock(all));
}
