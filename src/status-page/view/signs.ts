// Small drawings, so that nothing is told by colour alone. Each fits into a square of 16.

import type { WorkerStatus } from '../../ops/server-status.ts';
import type { Attributes, PageElement } from './element.ts';
import { element } from './element.ts';
import type { VerdictLevel } from './verdict.ts';

const STROKE = { fill: 'none', stroke: 'currentColor', 'stroke-width': 2 } as const;
const THICK = { ...STROKE, 'stroke-width': 2.4, 'stroke-linecap': 'round' } as const;
const ROUND: Attributes = { cx: 8, cy: 8, r: 5.5 };

const WORKER_SIGNS: Record<WorkerStatus['state'], readonly PageElement[]> = {
  booting: [element('circle', { ...ROUND, ...STROKE, 'stroke-dasharray': '2.6 1.8' })],
  idle: [element('circle', { ...ROUND, ...STROKE })],
  busy: [element('circle', { cx: 8, cy: 8, r: 6.5, fill: 'currentColor' })],
  draining: [
    element('circle', { ...ROUND, ...STROKE }),
    element('path', { d: 'M2.5 8a5.5 5.5 0 0 0 11 0z', fill: 'currentColor' }),
  ],
  killed: [element('path', { d: 'M3.5 3.5l9 9m0-9l-9 9', ...THICK })],
};

const VERDICT_SIGNS: Record<VerdictLevel, readonly PageElement[]> = {
  good: [
    element('circle', { cx: 8, cy: 8, r: 8, fill: 'currentColor' }),
    mark('M4.6 8.3l2.4 2.4 4.4-5'),
  ],
  changing: [
    element('path', { d: 'M8 0l8 8-8 8-8-8z', fill: 'currentColor' }),
    mark('M5 8h5.6m-2.2-2.4L10.8 8l-2.4 2.4'),
  ],
  warning: [
    element('path', { d: 'M8 .8L16 15.2H0z', fill: 'currentColor', 'stroke-linejoin': 'round' }),
    mark('M8 6v4m0 2.6v.01'),
  ],
  bad: [
    element('path', { d: 'M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z', fill: 'currentColor' }),
    mark('M5.3 5.3l5.4 5.4m0-5.4l-5.4 5.4'),
  ],
  lost: [
    element('rect', { x: 0.5, y: 0.5, width: 15, height: 15, rx: 2, fill: 'currentColor' }),
    mark('M6 6.2a2.1 2.1 0 1 1 3 1.9c-.7.4-1 .8-1 1.5m0 2.5v.01'),
  ],
};

/** The sign of a worker's state. */
export function workerSign(state: WorkerStatus['state']): PageElement {
  return sign(WORKER_SIGNS[state]);
}

export function verdictSign(level: VerdictLevel): PageElement {
  return sign(VERDICT_SIGNS[level]);
}

/** Always beside a word that says the same. */
function sign(shapes: readonly PageElement[]): PageElement {
  return element('svg', { class: 'sign', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, ...shapes);
}

/** Drawn in the colour of what is behind the sign. */
function mark(d: string): PageElement {
  return element('path', { class: 'mark', d, ...THICK, 'stroke-width': 1.9 });
}
