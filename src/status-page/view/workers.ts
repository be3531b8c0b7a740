// The workers, a cell each. Pure.

import type { ServerStatus, WorkerStatus } from '../../ops/server-status.ts';
import type { Child, PageElement } from './element.ts';
import { element, keyed } from './element.ts';
import { count } from '../../count.ts';
import { formatBytes, formatCount, formatDuration } from '../../ops/human.ts';
import { workerSign } from './signs.ts';

/** With more workers than this a cell shows less, so that all of them fit. */
const ROOMY_UP_TO = 16;
/** So many cells show what else could run; for more, the heading says it. */
const MOST_PLACES = 64;
/** A request older than this is emphasised, milliseconds. */
const LONG_MS = 10_000;

/** A value longer than this gets a line of its own. */
const WIDE_FROM = 20;

const STATES = ['busy', 'idle', 'booting', 'draining', 'killed'] as const;

export function workersSection({ workers, limits }: ServerStatus): PageElement {
  const counts = STATES.map((state) => ({
    state,
    number: workers.filter((worker) => worker.state === state).length,
  })).filter(({ number }) => number > 0);
  const summary = counts.map(({ state, number }) => `${formatCount(number)} ${state}`).join(', ');
  const places = Math.min(limits.maxWorkers, MOST_PLACES) - workers.length;
  const isRoomy = workers.length + Math.max(0, places) <= ROOMY_UP_TO;
  return element(
    'section',
    { 'aria-labelledby': 'workers' },
    element(
      'header',
      { class: 'heading' },
      element('h2', { id: 'workers' }, 'Workers'),
      element('p', {}, `${summary || 'none'}; at most ${formatCount(limits.maxWorkers)}`),
    ),
    element(
      'ul',
      { class: isRoomy ? 'workers roomy' : 'workers dense' },
      ...workers.map((worker) => keyed(worker.slot, cell(worker))),
      ...Array.from({ length: Math.max(0, places) }, (_, place) => freePlace(place)),
    ),
  );
}

function cell(worker: WorkerStatus): PageElement {
  const { slot, state, current } = worker;
  const isLong = (current?.ageMs ?? 0) >= LONG_MS;
  return element(
    'li',
    { class: `worker ${state}${isLong ? ' long' : ''}` },
    element(
      'details',
      {},
      element(
        'summary',
        {},
        element(
          'span',
          { class: 'top' },
          workerSign(state),
          element('span', { class: 'hidden' }, 'worker '),
          element('span', { class: 'slot' }, String(slot)),
          element('span', { class: 'state' }, state),
          element('span', { class: 'age' }, age(worker)),
        ),
        element('span', { class: 'request' }, ...request(worker)),
        element('span', { class: 'facts' }, facts(worker)),
      ),
      allOf(worker),
    ),
  );
}

/** Somewhere a worker could be. The heading says in words how many there can be. */
function freePlace(place: number): PageElement {
  return keyed(`free ${place}`, element('li', { class: 'free', 'aria-hidden': 'true' }));
}

function age({ state, current, idleMs, ageMs }: WorkerStatus): string {
  if (current !== null) return formatDuration(current.ageMs);
  if (idleMs !== null) return formatDuration(idleMs);
  return state === 'booting' ? formatDuration(ageMs) : '';
}

function request({ current, running, state, reason }: WorkerStatus): Child[] {
  const more = running > 1 ? [element('span', { class: 'more' }, ` +${running - 1}`)] : [];
  if (current !== null) {
    const method = element('span', { class: 'method' }, current.method);
    return [method, ' ', element('span', { class: 'uri' }, current.uri), ...more];
  }
  if (running > 0) return [count(running, 'request')];
  if (reason !== null) return [reason];
  return [state === 'booting' ? 'loads its handler' : '\u00a0'];
}

function facts({ pid, memory, requests }: WorkerStatus): string {
  const parts = [
    `pid ${pid ?? '–'}`,
    memory === null ? '' : formatBytes(memory),
    `${formatCount(requests)} done`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** What a cell has no room for. */
function allOf(worker: WorkerStatus): PageElement {
  const { pid, generation, ageMs, bootMs, requests, errors, memory, current, reason } = worker;
  const rows: [string, string | undefined][] = [
    ['Request', current === null ? undefined : `${current.method} ${current.uri}`],
    ['For', current === null ? undefined : formatDuration(current.ageMs)],
    ['Head of the answer', current === null ? undefined : current.headSent ? 'sent' : 'not sent'],
    ['Leaves because', reason ?? undefined],
    ['Process', pid === null ? undefined : String(pid)],
    ['Generation', String(generation)],
    ['Age', formatDuration(ageMs)],
    ['Booted in', bootMs === null ? undefined : formatDuration(bootMs)],
    ['Requests', formatCount(requests)],
    ['Errors', formatCount(errors)],
    ['Memory', memory === null ? undefined : formatBytes(memory)],
  ];
  return definitions(rows);
}

/** A list of names and values, without those that have none. */
export function definitions(rows: readonly (readonly [string, string | undefined])[]): PageElement {
  return element(
    'dl',
    { class: 'all' },
    ...rows
      .filter((row): row is readonly [string, string] => row[1] !== undefined)
      .map(([name, value]) =>
        keyed(
          name,
          element(
            'div',
            { class: value.length > WIDE_FROM ? 'wide' : undefined },
            element('dt', {}, name),
            element('dd', {}, value),
          ),
        ),
      ),
  );
}
