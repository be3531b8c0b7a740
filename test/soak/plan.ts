// What one request of the soak is: drawn from its number and the seed alone, so that a number in a
// report is enough to see which request it was.

import { TOKEN_LENGTH } from './content.mjs';
import type { Choice } from './random.ts';
import { choose, randomNumbers } from './random.ts';

/** What the handler does; see handler.mjs. */
export type Kind = 'sync' | 'async' | 'stream' | 'throw' | 'reject' | 'late';

/** When the peer hangs up. */
export type HangUp =
  'silent' | 'in length' | 'in header block' | 'in body' | 'after request' | 'in answer';

/** What the peer does: it waits for its answer, it ends its side first and waits then, or it hangs up. */
export type Manner = 'stay' | 'half-close' | HangUp;

export interface Plan {
  number: number;
  token: string;
  kind: Kind;
  manner: Manner;
  /** Bytes of the answer's body. */
  size: number;
  /** Bytes of the request's body. */
  bodySize: number;
  /** Milliseconds that an async handler waits; a streaming one answers in one piece more than that. */
  wait: number;
  /** Milliseconds between the last byte that is sent and a hang-up. */
  pause: number;
}

const KINDS: Choice<Kind> = [
  [69, 'sync'],
  [12, 'async'],
  [10, 'stream'],
  [3, 'throw'],
  [3, 'reject'],
  [3, 'late'],
];

const MANNERS: Choice<Manner> = [
  [84, 'stay'],
  [4, 'half-close'],
  [2, 'silent'],
  [1.5, 'in length'],
  [1.5, 'in header block'],
  [2, 'in body'],
  [3, 'after request'],
  [2, 'in answer'],
];

const KB = 1024;
const SIZES: Choice<number> = [
  [20, 0],
  [30, TOKEN_LENGTH],
  [36, KB],
  [13.7, 64 * KB],
  [0.3, KB * KB],
];
/** Where an answer is broken off in its middle, it has to have one. */
const BREAKABLE_SIZES: Choice<number> = SIZES.filter(([, size]) => size >= KB);

const BODY_SIZES: Choice<number> = [
  [65, 0],
  [20, 100],
  [14.5, 10 * KB],
  [0.5, 300 * KB],
];

/** Most leave at once. */
const PAUSES: Choice<number> = [
  [60, 0],
  [30, 1],
  [10, 5],
];

const MOST_WAIT_MS = 5;

export function planOf(seed: number, number: number): Plan {
  const random = randomNumbers(seed, number);
  const kind = choose(KINDS, random);
  const manner = choose(MANNERS, random);
  const bodySizes = manner === 'in body' ? BODY_SIZES.filter(([, size]) => size > 0) : BODY_SIZES;
  return {
    number,
    token: tokenOf(seed, number),
    kind,
    manner,
    size: choose(kind === 'late' ? BREAKABLE_SIZES : SIZES, random),
    bodySize: choose(bodySizes, random),
    wait: 1 + Math.floor(random() * MOST_WAIT_MS),
    pause: choose(PAUSES, random),
  };
}

export function describePlan(plan: Plan): string {
  const { number, token, kind, manner, size, bodySize } = plan;
  return `request ${number} (${token}): ${kind}, answer of ${size} bytes, body of ${bodySize}, peer: ${manner}`;
}

/** Seed and number, so that two runs against one server cannot be confused either. */
function tokenOf(seed: number, number: number): string {
  const run = (seed % 36 ** 4).toString(36).padStart(4, '0');
  return run + number.toString(36).padStart(TOKEN_LENGTH - run.length, '0');
}
