// How long a request had waited when a worker got it, by the time stamp that the web server put on it.

import type { Environment } from '../gateway/handler.ts';
import { requestStart } from '../protocol/request-start.ts';

/** Longest time that is believed, milliseconds: what is said to have waited longer, another clock said. */
const LONGEST_MS = 10 * 60_000;
/** Clocks of one machine are read in another order at times: so much is no time at all, milliseconds. */
const EARLY_MS = 10;

/**
 * Returns the time from the stamp to the hand-over, milliseconds; `undefined` without a stamp, or with one
 * that cannot be right: web servers on other hosts have other clocks.
 *
 * @param startedAt - the hand-over, milliseconds of `performance.now()`
 */
export function queueTime(env: Environment, startedAt: number): number | undefined {
  const stamp = env['HTTP_X_REQUEST_START'];
  const sentAt = stamp === undefined ? undefined : requestStart(stamp);
  if (sentAt === undefined) return undefined;
  const handedOverAt = Date.now() - (performance.now() - startedAt);
  const waited = handedOverAt - sentAt;
  return waited < -EARLY_MS || waited > LONGEST_MS ? undefined : Math.max(0, waited);
}
