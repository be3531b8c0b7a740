// What it costs the users when a host goes, from what became of their requests.

import type { ExchangeLine } from './load-on-hosts.ts';

export interface Loss {
  /** Requests from the event on, until all that it touched had ended. */
  requests: number;
  failedGets: number;
  failedPosts: number;
  /** Of those that failed: the host had not begun them. They were on the way, or waited there. */
  failedUnbegun: number;
  /** Of those that failed: sent when the host was gone already, so that another should have had them. */
  failedLater: number;
  /** Answers that were not those of their requests. */
  wrong: number;
  /** What the host had begun and not ended, just before the event. */
  running: number;
  /** Answers that took so long that somebody must have waited for a host that is gone. */
  slow: number;
  /** The longest time without any answer, milliseconds. */
  longestPauseMs: number;
}

/** Web servers wait a second for a connection, in all samples. */
const SLOW_MS = 900;

/**
 * Sums up.
 *
 * @param host - the tokens of what the host has begun, and when it was gone, milliseconds since 1970
 */
export function sumUp(
  exchanges: readonly ExchangeLine[],
  host: { begunThere: ReadonlySet<string>; isGoneAt: number },
): Omit<Loss, 'running'> {
  const failed = exchanges.filter(({ failure }) => failure !== undefined);
  const answers = exchanges.filter((exchange) => exchange.host !== undefined);
  const ends = answers.map(({ endedAt }) => endedAt).sort((one, other) => one - other);
  return {
    requests: exchanges.length,
    failedGets: failed.filter(({ method }) => method === 'GET').length,
    failedPosts: failed.filter(({ method }) => method === 'POST').length,
    failedUnbegun: failed.filter(({ token }) => !host.begunThere.has(token)).length,
    failedLater: failed.filter(({ begunAt }) => begunAt > host.isGoneAt).length,
    wrong: exchanges.filter(({ wrong }) => wrong !== undefined).length,
    slow: answers.filter(({ begunAt, endedAt }) => endedAt - begunAt >= SLOW_MS).length,
    longestPauseMs: Math.max(...ends.map((end, n) => end - (ends[n - 1] ?? end))),
  };
}
