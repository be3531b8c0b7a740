// Times of day as elements. Pure; the same on the server and in the browser.

import { element, type PageElement } from './element.ts';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

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

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
