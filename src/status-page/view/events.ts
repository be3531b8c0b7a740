// What happened lately: deaths, reloads, replaced workers. Pure.

import type { ServerEvent, ServerStatus } from '../../ops/server-status.ts';
import type { PageElement } from './element.ts';
import { element, keyed } from './element.ts';
import { timeElement } from './format.ts';

/** Newest first; more would hide what is below. */
const MOST_SHOWN = 12;

const NAMES: Record<ServerEvent['type'], string> = {
  crash: 'crash',
  'boot-failure': 'boot failed',
  reload: 'reload',
  'reload-failed': 'reload failed',
  killed: 'killed',
};

export function eventsSection({ events, startedAt, uptimeMs }: ServerStatus): PageElement {
  const now = startedAt + uptimeMs;
  const shown = events.slice(-MOST_SHOWN).toReversed();
  const heading = element('h2', { id: 'events' }, 'Crashes and reloads');
  return element(
    'section',
    { 'aria-labelledby': 'events' },
    element('header', { class: 'heading' }, heading),
    shown.length === 0
      ? element('p', { class: 'none' }, 'None since the server started.')
      : element('ol', { class: 'events' }, ...shown.map((event) => item(event, now))),
  );
}

function item({ at, type, message }: ServerEvent, now: number): PageElement {
  return keyed(
    `${at} ${type} ${message}`,
    element(
      'li',
      { class: type },
      timeElement(at, now),
      ' ',
      element('strong', {}, NAMES[type]),
      ' ',
      element('span', { class: 'message' }, message),
    ),
  );
}
