// A response on its way out: the head as text, the body as the handler's own buffers. Nothing is
// copied before it is known how it travels.

import { Buffer } from 'node:buffer';

/** A latin-1 string or bytes; either way `length` is what it takes on the connection, in bytes. */
export type Piece = string | Buffer;

/** Pieces up to this size leave in one buffer, bytes: a copy is cheaper than another system call. */
const COALESCE_BYTES = 16 * 1024;

/** Bytes of all pieces. */
export function totalLength(pieces: readonly Piece[]): number {
  let total = 0;
  for (const piece of pieces) total += piece.length;
  return total;
}

/**
 * Copies pieces to the start of `target`, in which they must fit.
 *
 * @returns bytes written
 */
export function writePieces(pieces: readonly Piece[], target: Buffer): number {
  let at = 0;
  for (const piece of pieces) {
    at += typeof piece === 'string' ? target.write(piece, at, 'latin1') : piece.copy(target, at);
  }
  return at;
}

/** Returns the pieces as buffers, the small ones at the start in a single one. */
export function toBuffers(pieces: readonly Piece[]): Buffer[] {
  let size = 0;
  let count = 0;
  for (const piece of pieces) {
    if (typeof piece !== 'string' && size + piece.length > COALESCE_BYTES) break;
    size += piece.length;
    count += 1;
  }
  const others = pieces.slice(count) as Buffer[];
  if (count === 0) return others;
  const [first] = pieces;
  if (count === 1 && first instanceof Buffer) return [first, ...others];
  const joined = Buffer.allocUnsafe(size);
  writePieces(pieces.slice(0, count), joined);
  return [joined, ...others];
}
