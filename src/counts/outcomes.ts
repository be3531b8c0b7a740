// The names under which everything is counted. Pure.

/** What became of a connection that a worker began. `killed`: its worker died before the answer was done. */
export const COUNTED_OUTCOMES = [
  'answered',
  'refused',
  'handler-failed',
  'response-invalid',
  'response-short',
  'malformed',
  'timed-out',
  'aborted',
  'stopped',
  'empty',
  'killed',
] as const;

export type CountedOutcome = (typeof COUNTED_OUTCOMES)[number];

/** By the first digit of the status that was sent; `none`: nothing was sent. */
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export type StatusClass = (typeof STATUS_CLASSES)[number];

/** Why no worker began a connection. */
export const TURN_AWAY_REASONS = [
  /** Waited for `--queue-timeout`: answered 503. */
  'queueTimeout',
  /** Waited for `--boot-timeout` while no worker served: answered 503. */
  'bootTimeout',
  /** `--max-queue` were waiting: answered 503. */
  'queueFull',
  /** The server stops quickly: answered 503. */
  'stopping',
  /** Its peer may not be served (`--allow`, `--allow-uid`, `--allow-gid`): closed. */
  'stranger',
  /** Said nothing within `--header-timeout`: closed. Without the native dispatcher a worker's: `timed-out`. */
  'silent',
] as const;

export type TurnAwayReason = (typeof TURN_AWAY_REASONS)[number];

/** Why a worker ended. */
export const WORKER_ENDS = [
  'crash',
  'boot-failure',
  /** By the master: it was stuck, or did not leave in its time. */
  'killed',
  /** Replaced by a newer generation; or of one that did not come into service, whether it booted or not. */
  'reload',
  /** Replaced in the same generation. */
  'recycled',
  /** Not needed, or asked to leave by hand. */
  'retired',
  /** The server stops. */
  'stopped',
] as const;

export type WorkerEnd = (typeof WORKER_ENDS)[number];
