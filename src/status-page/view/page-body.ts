// All that the page shows. Pure; the server calls it for those who have no JavaScript, the browser once a
// second.

import type { ServerStatus } from '../../ops/server-status.ts';
import type { PageElement } from './element.ts';
import { element } from './element.ts';
import { eventsSection } from './events.ts';
import { timeElement } from './format.ts';
import { historySection } from './history.ts';
import type { PageState } from './page-state.ts';
import { figures, listenersSection, optionsFold, totalsFold } from './server.ts';
import { verdictSign } from './signs.ts';
import type { Verdict } from './verdict.ts';
import { verdictOn } from './verdict.ts';
import { workersSection } from './workers.ts';

/** The element that all of it is in. */
export const PAGE_ID = 'page';

export function pageBody(status: ServerStatus, state: PageState): PageElement {
  const verdict = verdictOn(status, state);
  return element(
    'div',
    { id: PAGE_ID, class: state.lost === undefined ? 'page' : 'page stale' },
    banner(status, state),
    element(
      'main',
      {},
      verdictSection(verdict),
      figures(status),
      workersSection(status),
      historySection(status, state),
      element('div', { class: 'beside' }, eventsSection(status), listenersSection(status)),
      totalsFold(status),
      optionsFold(status),
    ),
    footer(status),
  );
}

/** The verdict in one sentence, for those who hear it. */
export function inWords({ headline, detail, reason }: Verdict): string {
  return [`${headline}: ${detail}.`, reason].filter((part) => part !== '').join(' ');
}

function banner(status: ServerStatus, { isPaused, lost }: PageState): PageElement {
  const now = status.startedAt + status.uptimeMs;
  const word = lost !== undefined ? 'last seen' : isPaused ? 'paused at' : 'as of';
  return element(
    'header',
    { class: 'banner' },
    element('h1', {}, 'scgi-server'),
    element('p', { class: 'clock' }, `${word} `, timeElement(now, now)),
    element(
      'button',
      { type: 'button', class: 'pause', 'aria-pressed': isPaused ? 'true' : 'false' },
      'Pause',
    ),
  );
}

function verdictSection(verdict: Verdict): PageElement {
  const { level, headline, detail, reason } = verdict;
  return element(
    'section',
    { class: `verdict ${level}`, 'aria-label': 'Verdict' },
    verdictSign(level),
    element(
      'p',
      { class: 'words' },
      element('strong', {}, headline),
      element('span', { class: 'detail' }, detail),
    ),
    element('p', { class: 'reason' }, reason),
  );
}

function footer(status: ServerStatus): PageElement {
  const { version, node, pid, dispatch, generation, startedAt, uptimeMs } = status;
  return element(
    'footer',
    {},
    `scgi-server ${version} · Node ${node} · master ${pid} · ${dispatch} dispatch · generation ${generation} · started `,
    timeElement(startedAt, startedAt + uptimeMs),
  );
}
