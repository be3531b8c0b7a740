// The head of a CGI response (RFC 3875 §6): found and read in what a handler wrote, and written for
// the web server in the one form that nginx, Apache and lighttpd all understand.

import type { Buffer } from 'node:buffer';
import type { Environment } from './environment.ts';
import type { FrontRules } from './front-rules.ts';
import { quote } from './quote.ts';
import { ResponseError } from './protocol-error.ts';
import {
  trimField,
  validateField,
  validateLineLength,
  validateName,
  validateText,
} from './response-field.ts';
import type { ResponseHead } from './response-head-builder.ts';
import { ResponseHeadBuilder } from './response-head-builder.ts';

/** Largest head that is accepted from a handler, bytes: without a bound, a missing blank line fills the memory. */
export const MAX_RESPONSE_HEAD_BYTES: number = 256 * 1024;

/** nginx's `scgi_buffer_size` where a memory page has 4 KiB, bytes. */
const NGINX_BUFFER_BYTES = 4096;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Finds the blank line that ends a head; lines end in LF or CR LF.
 *
 * @param bytes - from the first byte of the head
 * @param searched - how many bytes an earlier call has looked at in vain
 * @returns the index just behind the blank line, -1 when it is not there
 */
export function findHeadEnd(bytes: Buffer, searched: number = 0): number {
  // The very first line can be the blank one.
  if (searched < 2) {
    const end = endOfBlankLine(bytes, 0);
    if (end !== -1) return end;
  }
  // What an earlier call has seen can end with the LF of a line, or with LF CR.
  let lineFeed = bytes.indexOf(LF, Math.max(0, searched - 2));
  while (lineFeed !== -1) {
    const end = endOfBlankLine(bytes, lineFeed + 1);
    if (end !== -1) return end;
    lineFeed = bytes.indexOf(LF, lineFeed + 1);
  }
  return -1;
}

function endOfBlankLine(bytes: Buffer, at: number): number {
  if (bytes[at] === LF) return at + 1;
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : -1;
}

/**
 * Reads and completes a head.
 *
 * A missing status becomes 200, or 302 with a `Location` (RFC 3875 §6.3.3); a first line
 * `HTTP/1.1 NNN Reason` counts as the status; hop-by-hop fields are left out; `Content-Length` is
 * kept apart.
 *
 * @param bytes - everything up to and including the blank line
 * @param rules - what becomes of fields that web servers act on; absent: nothing
 * @param env - the request that is answered
 * @throws ResponseError when it breaks the syntax, or a web server would read it differently
 */
export function parseResponseHead(
  bytes: Buffer,
  rules?: FrontRules,
  env?: Environment,
): ResponseHead {
  const text = bytes.toString('latin1');
  const builder = new ResponseHeadBuilder(rules, env);
  let at = 0;
  while (at < text.length) {
    const lineFeed = text.indexOf('\n', at);
    const lineEnd = lineFeed === -1 ? text.length : lineFeed;
    const end = lineEnd > at && text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd;
    if (end === at) break;
    parseLine(text.slice(at, end), builder, at === 0);
    at = lineEnd + 1;
  }
  return builder.build();
}

function parseLine(line: string, builder: ResponseHeadBuilder, isFirst: boolean): void {
  if (isFirst && line.startsWith('HTTP/')) {
    validateText('Status', line);
    validateLineLength('Status', line);
    builder.setStatus(trimField(line.replace(/^HTTP\/\d(?:\.\d)?[ \t]+/, '')));
    return;
  }
  if (line.startsWith(' ') || line.startsWith('\t')) {
    throw new ResponseError(`a header is folded onto a second line: ${quote(line)}`);
  }
  const colon = line.indexOf(':');
  if (colon === -1) throw new ResponseError(`expected "name: value", got ${quote(line)}`);
  const name = line.slice(0, colon);
  const value = line.slice(colon + 1);
  validateName(name);
  validateText(name, value);
  builder.addField(name, trimField(value));
}

/**
 * Makes a head from a list of fields instead of bytes; the same rules as in {@link parseResponseHead}.
 *
 * @param fields - names and values, latin-1 strings; a `Status` field counts as the status
 * @param status - 200 to 599; `undefined` leaves it to the fields
 * @param reason - latin-1 string; the standard phrase when empty or absent
 * @throws ResponseError for a field or status that cannot be sent
 */
export function createResponseHead(
  fields: Iterable<readonly [name: string, value: string]>,
  status?: number,
  reason?: string,
): ResponseHead {
  const builder = new ResponseHeadBuilder();
  if (status !== undefined) {
    if (reason !== undefined) validateField('Status', reason);
    builder.setStatus(trimField(`${status} ${reason ?? ''}`));
  }
  for (const [name, value] of fields) {
    validateField(name, value);
    builder.addField(name, trimField(value));
  }
  return builder.build();
}

/**
 * Returns a head as it goes to the web server: the status line first, CR LF line ends,
 * `Content-Length` last, the blank line. A latin-1 string.
 *
 * @param head - gains a warning when nginx would refuse it in its default configuration
 * @param contentLength - bytes; `undefined` sends none
 */
export function encodeResponseHead(head: ResponseHead, contentLength: number | undefined): string {
  let text = `Status: ${head.status} ${head.reason}\r\n`;
  for (const [name, value] of head.fields) text += `${name}: ${value}\r\n`;
  if (contentLength !== undefined) text += `Content-Length: ${contentLength}\r\n`;
  text += '\r\n';
  if (text.length > NGINX_BUFFER_BYTES) {
    head.warnings.push(
      `the response head has ${text.length} bytes: nginx needs a larger scgi_buffer_size than ${NGINX_BUFFER_BYTES}`,
    );
  }
  return text;
}
