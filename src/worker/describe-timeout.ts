// What the log says of a limit of time: the option, and what it is set to. Pure.

import { formatDuration } from '../config/units.ts';
import type { Outcome } from '../connection/outcome.ts';
import type { WorkerSettings } from '../ipc/messages.ts';

/** Limits of time, milliseconds. */
export type TimeLimits = Pick<
  WorkerSettings,
  'headerTimeout' | 'bodyTimeout' | 'sendTimeout' | 'requestTimeout'
>;

type Phase = NonNullable<Outcome['phase']>;

const WHAT: Record<Phase, string> = {
  header: 'the header block did not arrive within --header-timeout',
  body: 'the request body made no progress for --body-timeout',
  send: 'the web server did not read the response for --send-timeout',
  request: 'it took longer than --request-timeout',
};

/** Says which limit was reached. */
export function describeTimeout(phase: Phase, limits: TimeLimits): string {
  const limit = limits[`${phase}Timeout`];
  return limit === undefined ? WHAT[phase] : `${WHAT[phase]} (${formatDuration(limit)})`;
}
