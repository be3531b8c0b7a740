// The server as a whole: its figures, its listeners, its totals, its options. Pure.

import type { ListenerStatus, ServerStatus } from '../../ops/server-status.ts';
import type { Child, PageElement } from './element.ts';
import { element, keyed } from './element.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  percent,
} from '../../ops/human.ts';
import { definitions } from './workers.ts';
import { waitingConnections } from '../../ops/situation.ts';

/** Why connections were turned away, in words. */
const TURNED_AWAY: Readonly<Record<string, string>> = {
  queueTimeout: 'waited too long',
  bootTimeout: 'no worker was there',
  queueFull: 'queue was full',
  stopping: 'server stopped',
  stranger: 'peer not allowed',
  silent: 'peer said nothing',
};

/** Figures at a glance. */
export function figures(status: ServerStatus): PageElement {
  const { rates, uptimeMs, workers } = status;
  const memory = workers.reduce((sum, worker) => sum + (worker.memory ?? 0), 0);
  const rows: [string, string][] = [
    ['Requests/s', rates === undefined ? '–' : formatNumber(rates.requestsPerSecond)],
    ['Errors/s', rates === undefined ? '–' : formatNumber(rates.errorsPerSecond)],
    ['Busy', rates === undefined ? '–' : percent(rates.busy)],
    ['Waiting', formatCount(waitingConnections(status))],
    ['Memory', memory === 0 ? '–' : formatBytes(memory)],
    ['Up for', formatDuration(uptimeMs)],
  ];
  return element(
    'dl',
    { class: 'figures' },
    ...rows.map(([name, value]) =>
      keyed(name, element('div', {}, element('dt', {}, name), element('dd', {}, value))),
    ),
  );
}

export function listenersSection({ listeners }: ServerStatus): PageElement {
  const heading = element('h2', { id: 'listeners' }, 'Listeners');
  return element(
    'section',
    { 'aria-labelledby': 'listeners' },
    element('header', { class: 'heading' }, heading),
    element('ul', { class: 'listeners' }, ...listeners.map(listener)),
  );
}

function listener({ address, backlog, limit }: ListenerStatus): PageElement {
  const room = limit === null ? '' : ` of ${formatCount(limit)}`;
  const text = backlog === null ? 'backlog not known' : `${formatCount(backlog)}${room} waiting`;
  const share = backlog === null || limit === null ? 0 : Math.min(1, backlog / Math.max(1, limit));
  const bar: Child = element(
    'svg',
    { class: 'bar', viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    element('rect', { class: 'track', width: 100, height: 4 }),
    element('rect', { class: 'fill', width: Math.round(share * 100), height: 4 }),
  );
  return keyed(
    address,
    element('li', {}, element('code', {}, address), element('span', {}, text), bar),
  );
}

export function totalsFold({ totals }: ServerStatus): PageElement {
  const { outcomes, statuses, refused, bytesIn, bytesOut, durations } = totals;
  const ended = durations.counts.reduce((sum, count) => sum + count, 0);
  const rows: [string, string][] = [
    ...Object.entries(outcomes).map(([name, count]): [string, string] => [
      name,
      formatCount(count),
    ]),
    ...Object.entries(statuses).map(([name, count]): [string, string] => [
      `status ${name}`,
      formatCount(count),
    ]),
    ...Object.entries(refused).map(([reason, count]): [string, string] => [
      `turned away: ${TURNED_AWAY[reason] ?? reason}`,
      formatCount(count),
    ]),
    ['mean duration', ended === 0 ? '–' : formatDuration(durations.sum / ended)],
    ['bodies in', formatBytes(bytesIn)],
    ['bodies out', formatBytes(bytesOut)],
  ];
  return fold('Totals since the start', definitions(rows));
}

export function optionsFold({ options }: ServerStatus): PageElement {
  const rows = Object.entries(options).map(([key, { value, source }]) =>
    keyed(
      key,
      element(
        'tr',
        { class: source === 'default' ? 'default' : 'given' },
        element('th', { scope: 'row' }, key),
        element('td', { class: 'option' }, value),
        element('td', {}, source),
      ),
    ),
  );
  const names = ['Option', 'Value', 'From'].map((name) => element('th', { scope: 'col' }, name));
  const head = element('thead', {}, element('tr', {}, ...names));
  return fold(
    'Options in force',
    element('table', { class: 'options' }, head, element('tbody', {}, ...rows)),
  );
}

function fold(title: string, content: PageElement): PageElement {
  return element(
    'details',
    { class: 'fold' },
    element('summary', {}, element('h2', {}, title)),
    content,
  );
}
