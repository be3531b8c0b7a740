// Lines over the last ten minutes, as SVG. Pure. The drawing is stretched to the room that there is; the
// texts beside it are not part of it.

import type { Bucket } from './buckets.ts';
import { BUCKET_MS, SHOWN_MS } from './buckets.ts';
import type { PageElement } from './element.ts';
import { element, keyed } from './element.ts';
import { formatTime } from './format.ts';

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** Decides colour and dashes. */
  readonly className: string;
  readonly value: (bucket: Bucket) => number | null;
  /** The value as the reader sees it, its unit included. */
  readonly format: (value: number) => string;
  /** Nothing is drawn where there is nothing. */
  readonly isHiddenAtZero?: boolean;
}

export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  /** Least that the axis reaches up to: a value near nothing must not look like much. */
  readonly leastTop: number;
  /** A value of the axis. */
  readonly formatAxis: (value: number) => string;
}

/** What is drawn, and where the reader points. */
export interface ChartView {
  readonly buckets: readonly Bucket[];
  /** Begin of the newest bucket. */
  readonly end: number;
  readonly moment: number | undefined;
}

const POINTS = SHOWN_MS / BUCKET_MS;
const HEIGHT = 100;

export function chartFigure(chart: Chart, view: ChartView): PageElement {
  const { id, title, unit } = chart;
  const top = topOf(chart, view.buckets);
  const shown = bucketAt(view);
  return element(
    'figure',
    { class: `chart ${id}` },
    element(
      'figcaption',
      {},
      element('span', { class: 'title' }, title, element('span', { class: 'unit' }, ` ${unit}`)),
      element('span', { class: 'values' }, ...chart.lines.map((line) => legend(line, shown))),
    ),
    element(
      'div',
      { class: 'plot' },
      drawing(chart, view, top),
      element(
        'div',
        { class: 'axis', 'aria-hidden': 'true' },
        ...[top, top / 2, 0].map((value) => element('span', {}, chart.formatAxis(value))),
      ),
      slider(chart, view, shown),
    ),
    element(
      'div',
      { class: 'times', 'aria-hidden': 'true' },
      ...['10 min ago', '5 min', 'now'].map((text) => element('span', {}, text)),
      momentText(view),
    ),
  );
}

/** The bucket that the reader points at, or else the newest. */
function bucketAt({ buckets, moment }: ChartView): Bucket | undefined {
  return moment === undefined ? buckets.at(-1) : buckets.find(({ at }) => at === moment);
}

function legend(line: Line, bucket: Bucket | undefined): PageElement {
  return element(
    'span',
    { class: `value ${line.className}` },
    element(
      'svg',
      { class: 'swatch', viewBox: '0 0 18 8', 'aria-hidden': 'true' },
      element('path', { class: 'line', d: 'M1 4h16' }),
    ),
    `${line.name} `,
    element('b', {}, valueText(line, bucket)),
  );
}

function valueText({ value, format }: Line, bucket: Bucket | undefined): string {
  const found = bucket === undefined ? null : value(bucket);
  return found === null ? '–' : format(found);
}

function drawing(chart: Chart, view: ChartView, top: number): PageElement {
  const { moment } = view;
  const points = (line: Line): [number, number | null][] =>
    view.buckets.map((bucket) => {
      const value = line.value(bucket);
      const isHidden = value === null || (value === 0 && line.isHiddenAtZero === true);
      return [place(bucket.at, view), isHidden ? null : HEIGHT * (1 - value / top)];
    });
  const [first] = chart.lines;
  return element(
    'svg',
    {
      role: 'img',
      viewBox: `0 0 ${POINTS} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-label': inWords(chart, view),
    },
    element('path', { class: 'grid', d: `M0 0H${POINTS}M0 50H${POINTS}M0 100H${POINTS}` }),
    ...(first === undefined
      ? []
      : [element('path', { class: `area ${first.className}`, d: areaPath(points(first)) })]),
    ...chart.lines.map((line) =>
      element('path', { class: `line ${line.className}`, d: linePath(points(line)) }),
    ),
    element('path', {
      class: 'cursor',
      d: moment === undefined ? '' : `M${place(moment, view)} 0V${HEIGHT}`,
    }),
  );
}

/** For those who cannot see it. */
function inWords({ title, unit, lines }: Chart, { buckets }: ChartView): string {
  const texts = lines.map(({ name, value, format }) => {
    const values = buckets.map(value).filter((one) => one !== null);
    if (values.length === 0) return `${name}: none yet`;
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return `${name}: ${format(least)} to ${format(most)}, last ${format(values.at(-1) ?? 0)}`;
  });
  return `${title}, ${unit}, over the last ten minutes. ${texts.join('; ')}.`;
}

/** Lies over the drawing: the keyboard, a finger and a screen reader get to its values by it. */
function slider(chart: Chart, view: ChartView, shown: Bucket | undefined): PageElement {
  const values = chart.lines.map((line) => `${line.name} ${valueText(line, shown)}`).join(', ');
  const at = shown?.at ?? view.end;
  return element('input', {
    type: 'range',
    class: 'moment',
    min: 0,
    max: POINTS,
    step: 1,
    value: Math.round(place(at, view)),
    'aria-label': `Moment: ${chart.title}`,
    'aria-valuetext': `${formatTime(at)}: ${values}`,
  });
}

function momentText({ moment }: ChartView): PageElement {
  return keyed(
    'moment',
    element('span', { class: 'at' }, moment === undefined ? '' : formatTime(moment)),
  );
}

function place(at: number, { end }: ChartView): number {
  return POINTS - (end - at) / BUCKET_MS;
}

/** Returns when the bucket begins that is drawn at a share of the chart's width, 0 to 1. */
export function momentAt(share: number, end: number): number {
  const point = Math.round(Math.min(1, Math.max(0, share)) * POINTS);
  return end - (POINTS - point) * BUCKET_MS;
}

/** The next round number above all values: it changes seldom. */
function topOf({ lines, leastTop }: Chart, buckets: readonly Bucket[]): number {
  const values = lines.flatMap(({ value }) => buckets.map((bucket) => value(bucket) ?? 0));
  const most = Math.max(leastTop, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5].find((step) => step * power >= most) ?? 10) * power;
}

function linePath(points: readonly (readonly [number, number | null])[]): string {
  let isOn = false;
  const parts: string[] = [];
  for (const [x, y] of points) {
    // A point between gaps would not be seen: it gets the least length that is.
    if (y !== null) parts.push(isOn ? `L${x} ${round(y)}` : `M${x} ${round(y)}h.01`);
    isOn = y !== null;
  }
  return parts.join('');
}

function areaPath(points: readonly (readonly [number, number | null])[]): string {
  const parts: string[] = [];
  let last: number | undefined;
  for (const [x, y] of points) {
    if (y === null) {
      if (last !== undefined) parts.push(`V${HEIGHT}z`);
      last = undefined;
    } else {
      parts.push(last === undefined ? `M${x} ${HEIGHT}V${round(y)}` : `L${x} ${round(y)}`);
      last = x;
    }
  }
  if (last !== undefined) parts.push(`V${HEIGHT}z`);
  return parts.join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
