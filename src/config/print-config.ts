// The resolved configuration as text for people: every value and where it came from. Pure.

import { defaultText, OPTIONS, type Option } from './option-table.ts';
import type { ResolvedConfig } from './resolve.ts';

/** An option in force, as text. */
export interface PrintedOption {
  readonly key: string;
  readonly value: string;
  /** Where it comes from. */
  readonly source: string;
}

/** Returns every option with its value and where it came from, in the order of help. */
export function printedOptions({ config, sources }: ResolvedConfig): PrintedOption[] {
  return OPTIONS.map((option) => ({
    key: option.key,
    value: formatValue(option, config[option.key]),
    source: sources[option.key],
  }));
}

/** Returns a line for each option, aligned: `maxWorkers  5  (default)`. */
export function printConfig(resolved: ResolvedConfig): string {
  const rows = printedOptions(resolved);
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
