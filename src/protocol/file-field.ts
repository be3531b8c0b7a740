// Fields that have a web server send a file in place of a response's body. It trusts whoever sends one, and
// which file it may be is up to its configuration, so the server passes them on only where it is told to. Pure.

import type { FrontRules } from './front-rules.ts';

type Sendfile = FrontRules['sendfile'];

/** By lower-case name: the web servers that it is meant for. */
const MEANT_FOR: Readonly<Record<string, readonly Sendfile[]>> = {
  'x-accel-redirect': ['nginx'],
  'x-sendfile': ['apache', 'lighttpd'],
  'x-lighttpd-send-file': ['lighttpd'],
};

/**
 * Returns the name under which the web server understands a field; `undefined` when it is not to see it.
 *
 * @param field - lower-case name of one of these fields
 */
export function passedFileField(field: string, sendfile: Sendfile): string | undefined {
  if (MEANT_FOR[field]?.includes(sendfile) !== true) return undefined;
  // Its own, older name has lighttpd do nothing over SCGI.
  return sendfile === 'nginx' ? 'X-Accel-Redirect' : 'X-Sendfile';
}

/** Says that a field was left out, and what would let it through. */
export function droppedFileField(name: string): string {
  const options = MEANT_FOR[name.toLowerCase()]?.map((server) => `--sendfile ${server}`) ?? [];
  return `dropped ${name}, which takes ${options.join(' or ')}, and kept the body`;
}
