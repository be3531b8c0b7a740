// Syntax of one header field of a response (RFC 9110 §5.1 and §5.5): what a web server passes on unharmed.

import { quote } from './quote.ts';
import { ResponseError } from './protocol-error.ts';

/** Longest header line, bytes without its line end: Apache answers 500 to a longer one. */
export const MAX_LINE_BYTES = 8190;

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const NOT_FIELD_TEXT = /[^\t -~\x80-\xff]/;

/**
 * Checks that a field can be sent.
 *
 * @param name - a token
 * @param value - latin-1 string: TAB, printable ASCII, bytes from 0x80
 * @throws ResponseError otherwise, or when the line would be above {@link MAX_LINE_BYTES}
 */
export function validateField(name: string, value: string): void {
  validateName(name);
  validateText(name, value);
  validateLineLength(name, value);
}

/** Throws a ResponseError unless `name` is a token. */
export function validateName(name: string): void {
  if (!TOKEN.test(name)) throw new ResponseError(`invalid header name ${quote(name)}`);
}

/** Throws a ResponseError for a control character, or one that is no byte, in the value of `name`. */
export function validateText(name: string, value: string): void {
  const bad = NOT_FIELD_TEXT.exec(value);
  if (bad === null) return;
  throw new ResponseError(
    `the value of header ${quote(name)} contains ${quote(bad[0])}: ` +
      (bad[0] > '\xff' ? 'header values are latin-1' : 'control characters are not allowed'),
  );
}

/** Throws a ResponseError when `name: value` is longer than a web server takes. */
export function validateLineLength(name: string, value: string): void {
  const length = name.length + 2 + value.length;
  if (length <= MAX_LINE_BYTES) return;
  throw new ResponseError(
    `the line of header ${quote(name)} has ${length} bytes, web servers take ${MAX_LINE_BYTES}`,
  );
}

/** Removes blanks around a value. Not `trim`: it takes the byte 0xA0, half of a UTF-8 "à", for a blank. */
export function trimField(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start += 1;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
