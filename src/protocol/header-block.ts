// The header block of a request: pairs of NUL-terminated strings, to and from meta-variables.
// Knows nothing of the netstring around it. Specification: https://python.ca/scgi/protocol.txt

import { Buffer } from 'node:buffer';
import type { Environment } from './environment.ts';
import { mergeValues } from './environment.ts';
import { KnownNames } from './known-names.ts';
import { ProtocolError } from './protocol-error.ts';
import { quote } from './quote.ts';

/** What a header block says. */
export interface RequestHead {
  /** Meta-variables as the web server sent them, repeated names merged, `HTTP_PROXY` dropped. */
  env: Environment;
  /** Length of the request body, bytes. */
  bodySize: number;
  /**
   * True when `CONTENT_LENGTH` is 0 although the user agent announced a body. It is legitimate
   * (nginx `auth_request`); if bytes follow nonetheless, log {@link UNBUFFERED_UPLOAD_HINT}.
   */
  bodyLengthUncertain: boolean;
}

/** What is wrong when a web server announces less body than it sends. */
export const UNBUFFERED_UPLOAD_HINT =
  'this looks like nginx older than 1.29.6 with scgi_request_buffering off: remove that line';

const MISSING_PARAMETERS_HINT =
  'the web server sends no SCGI parameters: in nginx, include scgi_params next to scgi_pass';

const CONTENT_LENGTH = 'CONTENT_LENGTH';

const names = new KnownNames();

/**
 * Decodes a header block (SCGI specification, "Request Format").
 *
 * @param block - the payload of the netstring, bytes
 * @param offset - place of the block on the connection, bytes; for the offsets in errors
 * @throws ProtocolError when the block breaks the specification or contradicts itself
 */
export function decodeHeaderBlock(block: Buffer, offset: number = 0): RequestHead {
  const env = decodePairs(block, offset);
  const end = offset + block.length;
  if (env['SCGI'] !== '1') {
    const got = env['SCGI'] === undefined ? 'nothing' : quote(env['SCGI']);
    const hint = env['SCGI'] === undefined ? MISSING_PARAMETERS_HINT : undefined;
    throw new ProtocolError(`expected SCGI to be "1", got ${got}`, { offset: end, hint });
  }
  if (!env['REQUEST_METHOD']) {
    const hint = MISSING_PARAMETERS_HINT;
    throw new ProtocolError('expected a REQUEST_METHOD, got none', { offset: end, hint });
  }
  // Would steer the proxy settings of HTTP libraries: https://httpoxy.org
  if (env['HTTP_PROXY'] !== undefined) delete env['HTTP_PROXY'];
  return { env, ...bodySizeOf(env, offset) };
}

/** headers ::= header*; header ::= name NUL value NUL */
function decodePairs(block: Buffer, offset: number): Environment {
  const text = block.toString('latin1');
  if (!text.startsWith(`${CONTENT_LENGTH}\0`)) {
    const got = quote(text.slice(0, Math.max(0, text.indexOf('\0'))));
    throw new ProtocolError(`expected CONTENT_LENGTH as the first header, got ${got}`, { offset });
  }
  const env = Object.create(null) as Environment;
  let at = 0;
  names.restart();
  while (at < text.length) {
    const name = names.read(block, text, at);
    const valueAt = at + (name?.length ?? 0) + 1;
    let valueEnd = valueAt;
    // Faster than a search in the text: values are short.
    while (valueEnd < block.length && block[valueEnd] !== 0) valueEnd++;
    if (name === undefined || valueEnd >= block.length) {
      const message = 'the header block ends inside a header: the last NUL is missing';
      throw new ProtocolError(message, { offset: offset + text.length });
    }
    if (name === '') throw new ProtocolError('a header has no name', { offset: offset + at });
    const value = text.slice(valueAt, valueEnd);
    const former = names.areAllKnown ? undefined : env[name];
    const merged = former === undefined ? value : mergeValues(name, former, value);
    if (merged === undefined) {
      const values = `${quote(former ?? '')} and ${quote(value)}`;
      const message = `${quote(name)} has two values: ${values}`;
      throw new ProtocolError(message, { offset: offset + at });
    }
    env[name] = merged;
    at = valueEnd + 1;
  }
  return env;
}

function bodySizeOf(env: Environment, offset: number): Omit<RequestHead, 'env'> {
  const text = env[CONTENT_LENGTH] ?? '';
  const bodySize = parseDigits(text);
  const valueOffset = offset + CONTENT_LENGTH.length + 1;
  if (bodySize === undefined) {
    const message = `expected CONTENT_LENGTH to be decimal digits, got ${quote(text)}`;
    throw new ProtocolError(message, { offset: valueOffset });
  }
  if (bodySize > Number.MAX_SAFE_INTEGER) {
    const message = `CONTENT_LENGTH is too large: ${quote(text)}`;
    throw new ProtocolError(message, { offset: valueOffset, statusHint: 413 });
  }
  const announced = parseDigits(env['HTTP_CONTENT_LENGTH'] ?? '') ?? 0;
  if (bodySize > 0 && announced > bodySize) {
    const message = `CONTENT_LENGTH is ${bodySize}, but the user agent announced ${announced} bytes`;
    throw new ProtocolError(message, { offset: valueOffset, hint: UNBUFFERED_UPLOAD_HINT });
  }
  return { bodySize, bodyLengthUncertain: announced > bodySize };
}

/** One or more ASCII digits as a number, inexact above 2^53; leading zeros are what mod_scgi copies from a client. */
function parseDigits(text: string): number | undefined {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return text === '' ? undefined : value;
}

/**
 * Encodes pairs as a header block, in their order.
 *
 * @param pairs - names and values, latin-1 strings
 * @throws TypeError for an empty name, a NUL, or a character above U+00FF
 */
export function encodeHeaderBlock(pairs: Iterable<readonly [string, string]>): Buffer {
  let text = '';
  for (const [name, value] of pairs) {
    if (name === '') throw new TypeError('a meta-variable needs a name');
    const header = `${name}\0${value}\0`;
    if (header.indexOf('\0', name.length + 1) !== header.length - 1 || name.includes('\0')) {
      throw new TypeError(`the meta-variable ${quote(name)} contains a NUL`);
    }
    if (/[^\0-\xff]/.test(header)) {
      throw new TypeError(
        `the meta-variable ${quote(name)} has a character above U+00FF: ` +
          `encode text as bytes first, Buffer.from(text).toString('latin1')`,
      );
    }
    text += header;
  }
  return Buffer.from(text, 'latin1');
}
