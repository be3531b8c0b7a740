// Quantities as people read them at a glance. Pure.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Below it a tenth of a second is worth telling. */
const EXACT_BELOW_MS = 10 * SECOND;
/** Below it everything is told in seconds. */
const SECONDS_BELOW_MS = 100 * SECOND;
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
  return bytes < GIGABYTE
    ? `${Math.round(bytes / MEGABYTE)} MB`
    : `${(bytes / GIGABYTE).toFixed(1)} GB`;
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

function two(ms: number, [large, name]: Unit, [small, smallName]: Unit): string {
  const rest = Math.floor((ms % large) / small);
  const begin = `${Math.floor(ms / large)} ${name}`;
  return rest === 0 ? begin : `${begin} ${rest} ${smallName}`;
}

type Unit = readonly [ms: number, name: string];
