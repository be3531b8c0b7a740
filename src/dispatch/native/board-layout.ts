// How the memory of the scoreboard is divided. For each slot, in bytes:
//
//     0  what master and worker tell each other about connections (worker-board.ts)
//    64  what it is (board-line.ts)
//   128  the oldest request that runs (request-line.ts)
//   384  what it has counted (counts/request-counts.ts)
//
// Each part begins a cache line of its own: what is read before every accept is not taken from the
// cache of its reader by what is written for every request. Behind the slots is one line for all, and what
// the dispatcher has counted (worker-board.ts).

import { HISTOGRAM_LENGTH } from '../../counts/duration-buckets.ts';
import { COUNTS_LENGTH } from '../../counts/request-counts.ts';
import { ID_ROOM, METHOD_ROOM, URI_ROOM } from '../activity.ts';

const LINE_BYTES = 64;

/** From the start of a slot to what its worker is, bytes. */
export const WORKER_OFFSET: number = LINE_BYTES;
/** From the start of a slot to its current request, bytes. */
export const REQUEST_OFFSET: number = 2 * LINE_BYTES;
/** From the start of a current request to its text: what has a fixed size comes first. Bytes. */
export const TEXT_OFFSET = 32;
/** In front of an id, bytes. */
const ID_LENGTH_BYTES = 1;
/** What the texts of a current request take, bytes. */
const TEXT_BYTES = METHOD_ROOM + URI_ROOM + ID_LENGTH_BYTES + ID_ROOM;
/** From the start of a slot to its counts, bytes. */
export const COUNTS_OFFSET: number = inLines(REQUEST_OFFSET + TEXT_OFFSET + TEXT_BYTES);
/** From one slot to the next, bytes; a multiple of a cache line. */
export const SLOT_BYTES: number = COUNTS_OFFSET + inLines(COUNTS_LENGTH * 8);

/** From the end of the slots to what the dispatcher counts, bytes. */
const DISPATCH_OFFSET = LINE_BYTES;
/** A number, and a histogram. */
const DISPATCH_BYTES = inLines((1 + HISTOGRAM_LENGTH) * 8);
/** What is behind the slots, bytes. */
const TAIL_BYTES = DISPATCH_OFFSET + DISPATCH_BYTES;

/** Size of the board for `slots` workers, bytes. */
export function boardBytes(slots: number): number {
  return slots * SLOT_BYTES + TAIL_BYTES;
}

/** How many slots a board of `bytes` has. */
export function slotsIn(bytes: number): number {
  return (bytes - TAIL_BYTES) / SLOT_BYTES;
}

/** From the start of a board of `slots` slots to what the dispatcher counts, bytes. */
export function dispatchOffset(slots: number): number {
  return slots * SLOT_BYTES + DISPATCH_OFFSET;
}

function inLines(bytes: number): number {
  return Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
}
