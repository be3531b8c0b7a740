// Outcomes of requests that the server itself answers, and what a request is called in any.

import type { Environment } from '../protocol/environment.ts';
import type { Refusal } from './admission.ts';
import type { StopOrder } from './open-connections.ts';
import type { Outcome } from './outcome.ts';
import { newOutcome } from './outcome.ts';

export function stoppedOutcome(order: StopOrder): Outcome {
  const outcome = newOutcome('stopped');
  outcome.error = order.reason;
  return outcome;
}

export function refusedOutcome({ reason }: Refusal): Outcome {
  const outcome = newOutcome('refused');
  outcome.refusal = reason;
  return outcome;
}

/** Method and URI. */
export function describeRequest(env: Environment): { method: string; uri: string } {
  return { method: env['REQUEST_METHOD'] ?? '', uri: env['REQUEST_URI'] ?? env['PATH_INFO'] ?? '' };
}
