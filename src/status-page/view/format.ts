// Numbers as people read them. Pure; the same on the server and in the browser.

import { element, type PageElement } from './element.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KB = 1024;
const MB = KB * KB;
const GB = KB * MB;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Returns `340 ms`, `3.2 s`, `4 min 12 s`, `2 h 5 min` or `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 10 && ms > 0) return `${trim(ms.toFixed(1))} ms`;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR) return pair([ms, MINUTE, 'min'], [SECOND, 's']);
  return ms < DAY ? pair([ms, HOUR, 'h'], [MINUTE, 'min']) : pair([ms, DAY, 'd'], [HOUR, 'h']);
}

function pair(
  [ms, large, largeName]: [number, number, string],
  [small, smallName]: [number, string],
): string {
  const units = Math.floor(ms / small);
  const perLarge = large / small;
  return `${Math.floor(units / perLarge)} ${largeName} ${units % perLarge} ${smallName}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < KB) return `${bytes} B`;
  if (bytes < MB) return `${Math.round(bytes / KB)} KB`;
  return bytes < 10 * GB ? `${Math.round(bytes / MB)} MB` : `${(bytes / GB).toFixed(1)} GB`;
}

/** Returns a number with at most as many digits as tell something. */
export function formatNumber(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return formatCount(Math.round(value));
  return value >= 10 ? value.toFixed(1) : trim(value.toFixed(2));
}

/** Returns `12,345`. */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Returns `1 worker`, `2 workers`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Returns the time of day where the reader is, with the date if that is not `now`'s. */
export function formatTime(at: number, now: number = at): string {
  const time = new Date(at);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');
  const isToday = time.toDateString() === new Date(now).toDateString();
  return isToday ? clock : `${time.getDate()} ${MONTHS[time.getMonth()] ?? ''} ${clock}`;
}

/** An element that shows a time, and tells it without doubt to whoever points at it. */
export function timeElement(at: number, now: number): PageElement {
  const iso = new Date(at).toISOString();
  return element('time', { datetime: iso, title: iso }, formatTime(at, now));
}

function trim(decimal: string): string {
  return decimal.replace(/\.?0+$/, '');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
