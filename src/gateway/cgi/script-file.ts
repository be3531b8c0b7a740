// SCRIPT_FILENAME: the file that a request is for, as the web server says. Pure. Strings are latin-1.

import type { Environment } from '../handler.ts';

/** Apache's mod_proxy_scgi sends the address that it connects to, and behind it the path, encoded. */
const APACHE = /^proxy:scgi:\/\/[^/]*(.*)$/s;
const ESCAPE = /%([0-9a-f]{2})/gi;

/** Returns the path that the web server has sent; `undefined` if it has sent none. */
export function scriptFile(env: Environment): string | undefined {
  const sent = env['SCRIPT_FILENAME'];
  const encoded = sent && APACHE.exec(sent)?.[1];
  return encoded === undefined
    ? sent
    : encoded.replaceAll(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
