// How the memory of the scoreboard is divided. For each slot, in bytes:
//
//     0  what master and worker tell each other about connections (worker-board.ts)
//    64  totals of the worker (board-line.ts)
//   128  the oldest request that runs (request-line.ts)
//
// Each part begins a cache line of its own: what is read before every accept is not taken from the
// cache of its reader by what is written for every request. Behind the slots is one line for all.

import { ID_ROOM, METHOD_ROOM, URI_ROOM } from '../activity.ts';

const LINE_BYTES = 64;

/** From the start of a slot to its totals, bytes. */
export const TOTALS_OFFSET: number = LINE_BYTES;
/** From the start of a slot to its current request, bytes. */
export const REQUEST_OFFSET: number = 2 * LINE_BYTES;
/** From the start of a current request to its text: what has a fixed size comes first. Bytes. */
export const TEXT_OFFSET = 32;
/** In front of an id, bytes. */
const ID_LENGTH_BYTES = 1;
/** From one slot to the next, bytes; a multiple of a cache line. */
export const SLOT_BYTES: number =
  REQUEST_OFFSET + TEXT_OFFSET + METHOD_ROOM + URI_ROOM + ID_LENGTH_BYTES + ID_ROOM;

/** Size of the board for `slots` workers, bytes. */
export function boardBytes(slots: number): number {
  return slots * SLOT_BYTES + LINE_BYTES;
}

/** How many slots a board of `bytes` has. */
export function slotsIn(bytes: number): number {
  return (bytes - LINE_BYTES) / SLOT_BYTES;
}
