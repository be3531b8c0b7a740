// The few options of `inetd`, as a table, read without what the command line of the server needs: its
// schema and its configuration files would take longer to load than a request to serve.

import { parseArgs } from 'node:util';
import { unexpected } from '../config/expectation.ts';
import { parseAllowedHost, parseMount } from '../config/mount-and-hosts.ts';
import { parseDuration, parseSize } from '../config/units.ts';
import { ServerError } from '../errors.ts';
import type { LogLevel } from '../ipc/messages.ts';

/** Durations are milliseconds, sizes bytes. */
export interface InetdOptions {
  /** As it was given; absent: the built-in demo. */
  handler: string | undefined;
  headerTimeout: number;
  bodyTimeout: number;
  sendTimeout: number;
  requestTimeout: number | undefined;
  bootTimeout: number;
  gracefulTimeout: number;
  maxHeaderSize: number;
  maxBodySize: number | undefined;
  mount: string | undefined;
  allowHost: readonly string[];
  concurrency: number;
  maxQueue: number;
  idleExit: number;
  logFile: string | undefined;
  logLevel: LogLevel;
  accessLog: 'off' | 'errors' | 'all';
}

/** A row of the table. */
interface InetdOption<T> {
  readonly flag: string;
  readonly valueName: string;
  /** Text as a person gives it; in a list a word for none. */
  readonly default: string;
  readonly description: string;
  /** It may be given more than once: the value is a list, of what `parse` makes of each. */
  readonly isList?: boolean;
  parse(text: string): T;
}

type RowOf<T> = [T] extends [readonly (infer Item)[]]
  ? InetdOption<Item> & { readonly isList: true }
  : InetdOption<T> & { readonly isList?: false };

type Rows = { readonly [K in keyof Omit<InetdOptions, 'handler'>]: RowOf<InetdOptions[K]> };

const MIN_HEADER_SIZE = 1024;

export const INETD_OPTIONS: Rows = {
  headerTimeout: {
    flag: '--header-timeout',
    valueName: 'TIME',
    default: '5s',
    description: 'time for the whole header block of a request',
    parse: (text) => parseDuration(text, 1),
  },
  bodyTimeout: {
    flag: '--body-timeout',
    valueName: 'TIME',
    default: '60s',
    description: "time without progress of the request's body",
    parse: (text) => parseDuration(text, 1),
  },
  sendTimeout: {
    flag: '--send-timeout',
    valueName: 'TIME',
    default: '60s',
    description: "time without progress of the web server's reading",
    parse: (text) => parseDuration(text, 1),
  },
  requestTimeout: {
    flag: '--request-timeout',
    valueName: 'TIME',
    default: '300s',
    description: 'time for a request as a whole; above: 504',
    parse: (text) => (text === 'off' ? undefined : parseDuration(text, 1)),
  },
  bootTimeout: {
    flag: '--boot-timeout',
    valueName: 'TIME',
    default: '60s',
    description: 'time to load the handler',
    parse: (text) => parseDuration(text, 1),
  },
  gracefulTimeout: {
    flag: '--graceful-timeout',
    valueName: 'TIME',
    default: '30s',
    description: 'time for running requests after TERM, and for the handler to stop',
    parse: (text) => parseDuration(text),
  },
  maxHeaderSize: {
    flag: '--max-header-size',
    valueName: 'SIZE',
    default: '64k',
    description: 'largest header block; above: 431',
    parse: (text) => parseSize(text, MIN_HEADER_SIZE),
  },
  maxBodySize: {
    flag: '--max-body-size',
    valueName: 'SIZE',
    default: 'off',
    description: 'largest body of a request; above: 413',
    parse: (text) => (text === 'off' ? undefined : parseSize(text, 1)),
  },
  mount: {
    flag: '--mount',
    valueName: 'PATH',
    default: 'off',
    description: "where the application is mounted: what follows is its path, another's gets 404",
    parse: (text) => (text === 'off' ? undefined : parseMount(text)),
  },
  allowHost: {
    flag: '--allow-host',
    valueName: 'HOST',
    default: 'any',
    description:
      'host that requests may be meant for, *.example.com: those below it; others get 421',
    isList: true,
    parse: parseAllowedHost,
  },
  concurrency: {
    flag: '--concurrency',
    valueName: 'N',
    default: '1',
    description: 'wait: requests at once',
    parse: (text) => parseNumber(text, 1),
  },
  maxQueue: {
    flag: '--max-queue',
    valueName: 'N',
    default: '100',
    description: 'wait: connections that wait for their turn; one more gets 503',
    parse: (text) => parseNumber(text, 0),
  },
  idleExit: {
    flag: '--idle-exit',
    valueName: 'TIME',
    default: '60s',
    description: 'wait: the process exits when no connection has come for so long',
    parse: (text) => parseDuration(text, 1),
  },
  logFile: {
    flag: '--log-file',
    valueName: 'PATH',
    default: 'off',
    description: 'file that the log is added to, instead of standard error',
    parse: (text) => (text === 'off' ? undefined : parsePath(text)),
  },
  logLevel: {
    flag: '--log-level',
    valueName: 'debug|info|warn|error',
    default: 'info',
    description: 'least severe events to log',
    parse: (text) => parseChoice(text, ['debug', 'info', 'warn', 'error']),
  },
  accessLog: {
    flag: '--access-log',
    valueName: 'off|errors|all',
    default: 'errors',
    description: 'requests to log: those that failed, or all',
    parse: (text) => parseChoice(text, ['off', 'errors', 'all']),
  },
};

/** The command line is wrong, as opposed to a value in it. */
export class UsageError extends Error {}

/**
 * Reads the command line behind `inetd`.
 *
 * @returns undefined when help was asked for
 * @throws UsageError, or ServerError `ERR_SCGI_CONFIG` for the value of an option
 */
export function readInetdOptions(args: readonly string[]): InetdOptions | undefined {
  const { values, positionals } = split(args);
  if (values['help'] === true) return undefined;
  const [handler, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`expected one handler, got ${positionals.join(' ')}`);
  const parsed = Object.entries(INETD_OPTIONS).map(([key, row]) => {
    const given = values[row.flag.slice(2)] as string | string[] | undefined;
    return [key, parse(row, given ?? (row.isList === true ? [] : row.default))];
  });
  return { handler, ...(Object.fromEntries(parsed) as Omit<InetdOptions, 'handler'>) };
}

function split(args: readonly string[]): ReturnType<typeof parseArgs> {
  const flags = Object.values(INETD_OPTIONS).map(({ flag, isList = false }) => {
    return [flag.slice(2), { type: 'string', multiple: isList }];
  });
  const options = { ...Object.fromEntries(flags), help: { type: 'boolean', short: 'h' } };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // What follows is advice for a file whose name looks like an option.
    const [problem] = (error as Error).message.split('. ', 1);
    throw new UsageError(problem, { cause: error });
  }
}

function parse(row: InetdOption<unknown>, given: string | readonly string[]): unknown {
  try {
    return typeof given === 'string' ? row.parse(given) : given.map((text) => row.parse(text));
  } catch (cause) {
    const message = `${row.flag}: ${(cause as Error).message}`;
    throw new ServerError('ERR_SCGI_CONFIG', message, { cause });
  }
}

function parseNumber(text: string, min: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (number < min) throw unexpected(`a whole number from ${min} to 99999`, text);
  return number;
}

function parsePath(text: string): string {
  if (text === '') throw unexpected('the path of a file', text);
  return text;
}

function parseChoice<T extends string>(text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found === undefined) throw unexpected(`one of ${choices.join(', ')}`, text);
  return found;
}

/** Returns the manual of the command line. */
export function helpText(): string {
  const rows = Object.values(INETD_OPTIONS).map((row) => [
    `${row.flag} ${row.valueName}`,
    `${row.description} (default: ${row.default})`,
  ]);
  const width = Math.max(...rows.map(([flag = '']) => flag.length));
  const lines = rows.map(([flag = '', text]) => `  ${flag.padEnd(width)}  ${text}\n`);
  return `Usage: scgi-server inetd [options] [handler]

Serves the connection on standard input, or what comes through the listening socket there.

${lines.join('')}  ${'-h, --help'.padEnd(width)}  print this help
`;
}
