// What a server did in its life, in one sentence for its log. Pure.

import { COUNTED_OUTCOMES, STATUS_CLASSES, TURN_AWAY_REASONS } from '../counts/outcomes.ts';
import { count } from '../count.ts';
import type { ServerTotals } from './request-totals.ts';

/** What a connection that was turned away is called. */
const TURNED_AWAY: Record<(typeof TURN_AWAY_REASONS)[number], string> = {
  queueTimeout: 'after --queue-timeout',
  bootTimeout: 'after --boot-timeout',
  queueFull: 'at --max-queue',
  stopping: 'at the stop',
  stranger: 'not allowed',
  silent: 'silent',
};

/** `12 connections served: 10 answered, 2 aborted (10 2xx); 1 turned away: 1 silent` */
export function describeTotals({ outcomes, statuses, refused }: ServerTotals): string {
  const all = COUNTED_OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0);
  const away = TURN_AWAY_REASONS.reduce((sum, reason) => sum + refused[reason], 0);
  const sent = STATUS_CLASSES.filter((status) => status !== 'none');
  const classes = list(sent.map((status) => [statuses[status], status]));
  const served = [
    `${count(all, 'connection')} served`,
    all === 0 ? '' : `: ${list(COUNTED_OUTCOMES.map((outcome) => [outcomes[outcome], outcome]))}`,
    classes === '' ? '' : ` (${classes})`,
  ].join('');
  if (away === 0) return served;
  const reasons = list(TURN_AWAY_REASONS.map((reason) => [refused[reason], TURNED_AWAY[reason]]));
  return `${served}; ${away} turned away: ${reasons}`;
}

function list(parts: readonly (readonly [number, string])[]): string {
  return parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ');
}
