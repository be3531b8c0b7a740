// How a value that does not fit is reported: what was expected, what was got. Pure.

import { ServerError } from '../errors.ts';

const SHOWN_LENGTH = 60;

/** Returns the error for a value that is not what an option, key or variable expects. */
export function unexpected(expected: string, got: unknown): ServerError {
  return new ServerError('ERR_SCGI_CONFIG', `expected ${expected}, got ${show(got)}`);
}

/** Returns a value in a few words; text in quotes, cut, its control characters escaped. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function quote(text: string): string {
  const shown = JSON.stringify(text.slice(0, SHOWN_LENGTH));
  return text.length > SHOWN_LENGTH ? `${shown}...` : shown;
}
