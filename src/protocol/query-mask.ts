// Secrets in query strings: their values are replaced before anything is written. Pure.

const MASK = '***';
/** Both separate parameters. */
const PARAMETER = /[^&;]+/g;
const NAME_PARTS = /[[\]]+/;

/** Returns a URI with the values of certain parameters replaced, everything else as it was. */
export type QueryMask = (uri: string) => string;

/**
 * @param names - of the parameters, whatever their case; `password` is also the one in `user[password]`
 */
export function queryMask(names: readonly string[]): QueryMask {
  const masked = new Set(names.map((name) => name.toLowerCase()));
  const isMasked = (written: string): boolean => {
    const name = decodeName(written).toLowerCase();
    return masked.has(name) || name.split(NAME_PARTS).some((part) => masked.has(part));
  };
  const maskParameter = (parameter: string): string => {
    const equals = parameter.indexOf('=');
    if (equals < 0 || !isMasked(parameter.slice(0, equals))) return parameter;
    return `${parameter.slice(0, equals)}=${MASK}`;
  };
  return (uri) => {
    const query = uri.indexOf('?') + 1;
    if (query === 0) return uri;
    return uri.slice(0, query) + uri.slice(query).replace(PARAMETER, maskParameter);
  };
}

/** As an application decodes it, but never fails: what is no escape stays. */
function decodeName(written: string): string {
  const bytes = written
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9a-f]{2})/gi, (_escape, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString();
}
