// The resolved configuration as text for people: every value and where it came from. Pure.

import { defaultText, OPTIONS, type Option } from './option-table.ts';
import type { ResolvedConfig } from './resolve.ts';

/** Returns a line for each option, aligned: `maxWorkers  5  (default)`. */
export function printConfig({ config, sources }: ResolvedConfig): string {
  const rows = OPTIONS.map((option) => ({
    key: option.key,
    value: formatValue(option, config[option.key]),
    source: sources[option.key],
  }));
  const keyWidth = Math.max(...rows.map(({ key }) => key.length));
  const valueWidth = Math.max(...rows.map(({ value }) => value.length));
  return rows
    .map(({ key, value, source }) =>
      [key.padEnd(keyWidth), value.padEnd(valueWidth), `(${source})`].join('  '),
    )
    .join('\n');
}

function formatValue(option: Option, value: unknown): string {
  const isEmpty = Array.isArray(value) && value.length === 0;
  if (value === undefined || value === null || isEmpty) return nothing(option);
  return plainText(option.type.format(value));
}

function nothing(option: Option): string {
  if (option.type.shape === 'list') return defaultText(option) ?? 'none';
  return option.default === undefined ? (defaultText(option) ?? 'none') : 'off';
}

/** A line is a line, whatever stands in it. */
function plainText(text: string): string {
  return /\p{Cc}/u.test(text) ? JSON.stringify(text) : text;
}
