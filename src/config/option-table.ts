// Every option, once: flags, keys of the file, environment variables, checks, defaults, help and the
// README's list all come from here. Pure.

import type { Config } from './config.ts';
import type { OptionRow, OptionRows } from './option-row.ts';
import { CGI } from './options/cgi.ts';
import { DEVELOPMENT } from './options/development.ts';
import { DISPATCHING } from './options/dispatching.ts';
import { LIMITS } from './options/limits.ts';
import { LISTENING } from './options/listening.ts';
import { LOGS } from './options/logs.ts';
import { OPERATION } from './options/operation.ts';
import { PRIVILEGES } from './options/privileges.ts';
import { REQUESTS } from './options/requests.ts';
import { WORKERS } from './options/workers.ts';

/** An option with its names. */
export interface Option extends OptionRow<unknown> {
  /** As in a configuration file: `maxWorkers`. */
  readonly key: keyof Config;
  /** As on the command line: `--max-workers`; `[handler]` for the positional argument. */
  readonly flag: string;
  /** As in the environment: `SCGI_SERVER_MAX_WORKERS`. */
  readonly variable: string;
  /** Heading in help. */
  readonly group: string;
}

/** An option as lists show it. */
export interface OptionText {
  /** With the name of its value: `--max-workers N`. */
  readonly flag: string;
  readonly default: string;
  readonly description: string;
}

/** Prefix of every environment variable of ours. */
export const VARIABLE_PREFIX = 'SCGI_SERVER_';

/** Options of the command line alone. */
export const GENERAL_OPTIONS: readonly OptionText[] = [
  {
    flag: '--config FILE',
    default: '`scgi-server.config.{json,js,mjs,ts}`',
    description: 'configuration file, instead of the one in the working directory',
  },
  {
    flag: '--print-config',
    default: 'off',
    description: 'print every value and where it came from, then exit',
  },
];

const GROUPS: { readonly [group: string]: Partial<OptionRows<Config>> } = {
  'Listening:': LISTENING,
  'Workers:': WORKERS,
  'Privileges:': PRIVILEGES,
  'CGI programs:': CGI,
  'Requests:': REQUESTS,
  'Limits:': LIMITS,
  'Dispatch:': DISPATCHING,
  'Logs:': LOGS,
  'Operation:': OPERATION,
  'Development:': DEVELOPMENT,
};

/** All options, in the order of help. */
export const OPTIONS: readonly Option[] = Object.entries(GROUPS).flatMap(([group, rows]) =>
  Object.entries(rows).map(([key, row]) => toOption(key as keyof Config, row, group)),
);

/** Returns the lines of an options list, those of {@link GENERAL_OPTIONS} last. */
export function optionRows(): OptionText[] {
  const rows = OPTIONS.filter(({ isPositional }) => !isPositional).map((option) => ({
    flag: option.valueName === undefined ? option.flag : `${option.flag} ${option.valueName}`,
    default: defaultText(option) ?? '–',
    description: option.description + (option.type.shape === 'list' ? ' (repeatable)' : ''),
  }));
  return [...rows, ...GENERAL_OPTIONS];
}

/** Returns the default as people read it; `undefined`: there is none. */
export function defaultText(option: OptionRow<unknown>): string | undefined {
  return option.defaultText ?? option.default;
}

/** Returns the options as a table in Markdown. */
export function optionTableMarkdown(): string {
  const cells = optionRows().map((row) => [`\`${row.flag}\``, row.default, row.description]);
  const lines = [['Option', 'Default', 'Meaning'], ['---', '---', '---'], ...cells];
  return lines.map((line) => `| ${line.map(escapePipes).join(' | ')} |`).join('\n');
}

function toOption(key: keyof Config, row: OptionRow<unknown>, group: string): Option {
  const words = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    ...row,
    key,
    group,
    flag: row.isPositional ? `[${words}]` : `--${words}`,
    variable: VARIABLE_PREFIX + words.replaceAll('-', '_').toUpperCase(),
  };
}

function escapePipes(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
