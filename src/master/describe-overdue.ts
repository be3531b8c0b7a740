// What the log says of a request that its worker could not end. Pure.

import { formatDuration } from '../config/units.ts';
import type { OverdueRequest } from '../dispatch/dispatcher.ts';

/** @param limit - the request timeout, milliseconds */
export function describeOverdue(
  { request, ageMs, answer }: OverdueRequest,
  { limit, worker }: { limit: number; worker: string },
): string {
  const who = request === undefined ? 'a request' : `${request.method} ${request.uri}`;
  const age = (ageMs / 1_000).toFixed(1);
  const what = `it took longer than --request-timeout (${formatDuration(limit)}), ${age} s so far`;
  return `${who}: ${what}, and ${worker} does not respond: ${describeAnswer(answer)}`;
}

function describeAnswer(answer: OverdueRequest['answer']): string {
  if (answer === 'answered') return 'the master has answered 504';
  if (answer === 'head-sent') return 'its answer was begun';
  return `it cannot be answered: ${answer.impossible}`;
}
