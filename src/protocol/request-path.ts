// The path of a request target, decoded and normalised as nginx does for $document_uri: an application
// must not meet a `..` that no web server would ever let through.

const ESCAPE = /%([0-9A-Fa-f]{2})/g;
const MALFORMED_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/**
 * Decodes a raw URL path once, merges repeated slashes and resolves dot segments.
 *
 * @param rawPath - path of the request target without its query, latin-1 string
 * @returns the path as bytes (latin-1 string); undefined for what nginx answers with 400: no leading
 * slash, a malformed escape, `%00`, or a path that climbs above the root
 */
export function decodePath(rawPath: string): string | undefined {
  if (!rawPath.startsWith('/') || MALFORMED_ESCAPE.test(rawPath)) return undefined;
  const decoded = rawPath.replace(ESCAPE, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return decoded.includes('\0') ? undefined : resolveDots(decoded);
}

function resolveDots(path: string): string | undefined {
  const segments = path.split('/').slice(1);
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') {
      if (kept.pop() === undefined) return undefined;
    } else if (segment !== '.' && segment !== '') {
      kept.push(segment);
    }
  }
  // `/a/`, `/a/.` and `/a/b/..` name a directory: the slash at the end stays.
  const isDirectory = ['', '.', '..'].includes(segments.at(-1) ?? '');
  const joined = `/${kept.join('/')}`;
  return isDirectory && kept.length > 0 ? `${joined}/` : joined;
}
