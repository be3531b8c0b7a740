// Names of requests in the log: unique in one server for as long as anybody reads its log.

/** Returns a source of ids such as `3-k2f9x1-1a`: slot, the worker's start, a counter. */
export function requestIds(slot: number, startedAt: number = Date.now()): () => string {
  const prefix = `${slot}-${Math.floor(startedAt / 100)
    .toString(36)
    .slice(-6)}-`;
  let count = 0;
  return () => prefix + (count++).toString(36);
}
