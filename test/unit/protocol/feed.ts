// Cuts bytes into the pieces in which a connection or a handler may deliver them.

import * as fc from 'fast-check';

/** The same bytes as one piece each. */
export function byteByByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
}

/** Cuts at the given places, in any order; places beyond the end make empty pieces. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i] ?? 0, edge));
}

/** Places to cut at, for `cutAt`. */
export function cutPlaces(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: length }), { maxLength: 6 });
}

/** Returns what `action` throws. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Any string in which each character is one byte. */
export const latin1 = (minLength = 0, lowest = 0): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: lowest, max: 255 }), { minLength, maxLength: 20 })
    .map((codes) => String.fromCharCode(...codes));
