// Outcomes of requests that the server itself answers, and what a request is called in any.

import type { ErrorStatus } from '../protocol/error-response.ts';
import { toErrorStatus } from '../protocol/error-response.ts';
import type { Refusal } from './admission.ts';
import type { HeadResult } from './head-reader.ts';
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

/**
 * What becomes of a connection whose header block never was that of a request.
 *
 * @param order - that everything ends, where it has been given
 * @returns what is answered, too, where somebody may be reading
 */
export function withoutRequest(
  head: Exclude<HeadResult, { type: 'request' }>,
  order: StopOrder | undefined,
): { outcome: Outcome; status?: ErrorStatus } {
  switch (head.type) {
    case 'malformed': {
      const outcome = newOutcome('malformed');
      outcome.error = head.error;
      return { outcome, status: toErrorStatus(head.error.statusHint) };
    }
    case 'timed-out': {
      const outcome = newOutcome('timed-out');
      outcome.phase = 'header';
      return head.received > 0 ? { outcome, status: 408 } : { outcome };
    }
    case 'interrupted': {
      const outcome = newOutcome(head.received > 0 ? 'stopped' : 'empty');
      outcome.error = order?.reason;
      return head.received > 0 ? { outcome, status: order?.status ?? 503 } : { outcome };
    }
    case 'closed':
      return { outcome: newOutcome(head.received > 0 ? 'aborted' : 'empty') };
  }
}
