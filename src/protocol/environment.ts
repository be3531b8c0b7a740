// The meta-variables of a request, and how repeated ones become one.

/**
 * Meta-variables of one request (RFC 3875 §4.1). A record without a prototype; names and values are
 * latin-1 strings: each character is one byte.
 */
export type Environment = Record<string, string | undefined>;

/** Names whose two values would let the web server and the application see different requests. */
const SINGLE_VALUED: ReadonlySet<string> = new Set([
  'CONTENT_LENGTH',
  'SCGI',
  'REQUEST_METHOD',
  'REQUEST_URI',
  'SERVER_PROTOCOL',
  'HTTP_HOST',
  'HTTP_CONTENT_LENGTH',
]);

/**
 * Merges the values of a name that came twice.
 *
 * Web servers do that: nginx before 1.23 sends a pair per occurrence of a header line, and an
 * operator's `scgi_param` or `SetEnv` adds to the built-in ones.
 *
 * @returns the value of both, or `undefined` when they contradict each other
 */
export function mergeValues(name: string, first: string, second: string): string | undefined {
  if (first === second) return first;
  if (SINGLE_VALUED.has(name)) {
    // `scgi_param CONTENT_LENGTH $content_length` is empty for a request without a body.
    return name === 'CONTENT_LENGTH' && second === '' ? first : undefined;
  }
  if (!name.startsWith('HTTP_')) return second;
  return name === 'HTTP_COOKIE' ? `${first}; ${second}` : `${first}, ${second}`;
}
