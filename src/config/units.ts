// Durations and sizes as people write them: `500ms`, `30s`, `5m`, `2h`; `64k`, `10m`, `1g`. Pure.

import { unexpected } from './expectation.ts';

/** Milliseconds in a unit, the largest first. */
const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
]);

/** Bytes in a unit, the largest first. */
const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['g', 1024 ** 3],
  ['m', 1024 ** 2],
  ['k', 1024],
]);

/** Node fires a timer of 2^31 ms or more at once, and some have a moment added to what was asked for. */
const MAX_DURATION_MS = 596 * 60 * 60 * 1_000;

/**
 * Parses a duration; a bare number is seconds, fractions are allowed.
 *
 * @param minMs - the shortest duration that makes sense, milliseconds
 * @returns milliseconds, a whole number of at most 2^31 - 1
 * @throws ServerError `ERR_SCGI_CONFIG` that says what was expected and what was got
 */
export function parseDuration(text: string, minMs: number = 0): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (digits === undefined) throw unexpected('a duration such as 500ms, 30s, 5m or 2h', text);
  const ms = Math.round(Number(digits) * (DURATION_UNITS.get(unit) ?? 1));
  if (ms < minMs) throw unexpected(`a duration of at least ${formatDuration(minMs)}`, text);
  if (ms > MAX_DURATION_MS) throw unexpected('a duration of at most 596h (24 days)', text);
  return ms;
}

/** Returns milliseconds in the largest unit that expresses them as a whole number: `90s`, `5m`. */
export function formatDuration(ms: number): string {
  return ms === 0 ? '0s' : inLargestUnit(ms, DURATION_UNITS);
}

/**
 * Parses a size; a bare number is bytes, `k`, `m` and `g` are powers of 1024.
 *
 * @param minBytes - the smallest size that makes sense, bytes
 * @returns bytes
 * @throws ServerError `ERR_SCGI_CONFIG` that says what was expected and what was got
 */
export function parseSize(text: string, minBytes: number = 0): number {
  const [, digits, unit = ''] = /^(\d+)([kmg])?$/i.exec(text) ?? [];
  if (digits === undefined) throw unexpected('a size such as 64k, 10m or 1g', text);
  const bytes = Number(digits) * (SIZE_UNITS.get(unit.toLowerCase()) ?? 1);
  if (bytes < minBytes) throw unexpected(`a size of at least ${formatSize(minBytes)}`, text);
  if (!Number.isSafeInteger(bytes)) throw unexpected('a size that fits a machine', text);
  return bytes;
}

/** Returns bytes in the largest unit that expresses them as a whole number: `64k`, `1000`. */
export function formatSize(bytes: number): string {
  return bytes === 0 ? '0' : inLargestUnit(bytes, SIZE_UNITS);
}

function inLargestUnit(amount: number, units: ReadonlyMap<string, number>): string {
  for (const [unit, factor] of units) {
    if (amount % factor === 0) return `${amount / factor}${unit}`;
  }
  return String(amount);
}
