// Quantities as people read them. Pure; the status page has it in the browser, too.

import { count } from '../count.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Below it a tenth of a second is worth telling. */
const EXACT_BELOW_MS = 10 * SECOND;
/** Below it everything is told in seconds. */
const SECONDS_BELOW_MS = 100 * SECOND;
const KILOBYTE = 1024;
const MEGABYTE = 1024 ** 2;
const GIGABYTE = 1024 ** 3;

/** `1.2 s`, `42 s`, `12 min`, `3 h 5 min`, `4 d 2 h`. */
export function age(ms: number): string {
  const rest = Math.max(0, ms);
  if (rest < EXACT_BELOW_MS) return `${(rest / SECOND).toFixed(1)} s`;
  if (rest < SECONDS_BELOW_MS) return `${Math.round(rest / SECOND)} s`;
  if (rest < HOUR) return `${Math.floor(rest / MINUTE)} min`;
  if (rest < DAY) return two(rest, [HOUR, 'h'], [MINUTE, 'min']);
  return two(rest, [DAY, 'd'], [HOUR, 'h']);
}

/** `82 MB`, `1.4 GB`; `?` where it is not known. */
export function memory(bytes: number | null): string {
  if (bytes === null) return '?';
  return bytes < GIGABYTE ? formatBytes(bytes) : `${(bytes / GIGABYTE).toFixed(1)} GB`;
}

/** `512 B`, `2 KB`, `84 MB`, `11.2 GB` */
export function formatBytes(bytes: number): string {
  if (bytes < KILOBYTE) return `${bytes} B`;
  if (bytes < MEGABYTE) return `${Math.round(bytes / KILOBYTE)} KB`;
  if (bytes < 10 * GIGABYTE) return `${Math.round(bytes / MEGABYTE)} MB`;
  return `${(bytes / GIGABYTE).toFixed(1)} GB`;
}

/** A number with at most as many digits as tell something. */
export function formatNumber(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return formatCount(Math.round(value));
  return value >= 10 ? value.toFixed(1) : trim(value.toFixed(2));
}

/** `12,345` */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 connection waits`, `2 connections wait` */
export function waits(connections: number): string {
  return `${count(connections, 'connection')} ${connections === 1 ? 'waits' : 'wait'}`;
}

/** What takes part of a second as well: `340 ms`, `3.2 s`, `4 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 10 && ms > 0) return `${trim(ms.toFixed(1))} ms`;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR) return pair(ms, [MINUTE, 'min'], [SECOND, 's']);
  return ms < DAY ? pair(ms, [HOUR, 'h'], [MINUTE, 'min']) : pair(ms, [DAY, 'd'], [HOUR, 'h']);
}

/** A number a second: `0.4`, `12.3`, `410`. */
export function rate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

/** `42 %` */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Returns `text` in at most `width` characters, its end cut off. */
export function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`;
}

/** Returns `text` in lines of at most `width` characters, broken between words; no more than `most` of them. */
export function wrap(text: string, width: number, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  const shown = lines.slice(0, most).map((line) => fit(line, width));
  if (lines.length > most) shown[most - 1] = fit(`${lines[most - 1]}${'.'.repeat(width)}`, width);
  return shown;
}

/** A whole number of the larger unit has nothing behind it. */
function two(ms: number, large: Unit, small: Unit): string {
  return pair(ms, large, small).replace(/ 0 \w+$/, '');
}

function pair(ms: number, [large, name]: Unit, [small, smallName]: Unit): string {
  return `${Math.floor(ms / large)} ${name} ${Math.floor((ms % large) / small)} ${smallName}`;
}

function trim(decimal: string): string {
  return decimal.replace(/\.?0+$/, '');
}

type Unit = readonly [ms: number, name: string];
