// The few options of `inetd`, as a table, made without what the command line of the server needs: its
// schema and its configuration files would take longer to load than a request to serve.

import { unexpected } from '../config/expectation.ts';
import { parseAllowedHost, parseMount } from '../config/mount-and-hosts.ts';
import { parseDuration, parseSize } from '../config/units.ts';
import { parseVariableName } from '../config/variable-name.ts';
import type { LogLevel } from '../ipc/messages.ts';

/** Durations are milliseconds, sizes bytes. */
export interface InetdOptions {
  /** As it was given; absent: the built-in demo. */
  handler: string | undefined;
  /** As it was given: a program, or a directory of them with a slash at its end, instead of a handler. */
  cgi: string | undefined;
  /** Arguments of the program. */
  cgiArgs: readonly string[];
  /** Names of variables of this process's environment that programs get. */
  passEnv: readonly string[];
  /** Programs get the connection itself, where that is possible. */
  direct: boolean;
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
  absoluteRedirects: 'auto' | 'always' | 'never';
  sendfile: 'off' | 'nginx' | 'apache' | 'lighttpd';
  concurrency: number;
  maxQueue: number;
  idleExit: number;
  logFile: string | undefined;
  logLevel: LogLevel;
  accessLog: 'off' | 'errors' | 'all';
  logMask: readonly string[];
}

/** A row of the table. */
export interface InetdOption<T> {
  readonly flag: string;
  /** A switch has none: it is `off`, or `on` when it is given. */
  readonly valueName?: string;
  /** Text as a person gives it; in a list a word for none. */
  readonly default: string;
  /** What it is instead where CGI programs answer. */
  readonly cgiDefault?: string;
  readonly description: string;
  /** It may be given more than once: the value is a list, of what `parse` makes of each. */
  readonly isList?: boolean;
  parse(text: string): T;
}

type RowOf<T> = [T] extends [readonly (infer Item)[]]
  ? InetdOption<Item> & { readonly isList: true }
  : InetdOption<T> & { readonly isList?: false };

/** What the command line says beside its options. */
export type Operands = Pick<InetdOptions, 'handler' | 'cgiArgs'>;

type Rows = { readonly [K in Exclude<keyof InetdOptions, keyof Operands>]: RowOf<InetdOptions[K]> };

const MIN_HEADER_SIZE = 1024;

export const INETD_OPTIONS: Rows = {
  cgi: {
    flag: '--cgi',
    valueName: 'PATH',
    default: 'off',
    description:
      'program that is run for each request, or DIRECTORY/ of them, instead of a handler',
    parse: (text) => (text === 'off' ? undefined : parsePath(text)),
  },
  passEnv: {
    flag: '--pass-env',
    valueName: 'NAME',
    default: 'none',
    description: 'variable of the environment that programs get, besides PATH',
    isList: true,
    parse: parseVariableName,
  },
  direct: {
    flag: '--direct',
    default: 'off',
    description: 'nowait: programs read and write the connection itself; nothing is completed',
    parse: (text) => text === 'on',
  },
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
  absoluteRedirects: {
    flag: '--absolute-redirects',
    valueName: 'auto|always|never',
    default: 'auto',
    description: 'a Location such as /p becomes a whole URL; auto: where Apache needs it to be one',
    parse: (text) => parseChoice(text, ['auto', 'always', 'never']),
  },
  sendfile: {
    flag: '--sendfile',
    valueName: 'off|nginx|apache|lighttpd',
    default: 'off',
    description: 'web server that is told of files by X-Accel-Redirect or X-Sendfile',
    parse: (text) => parseChoice(text, ['off', 'nginx', 'apache', 'lighttpd']),
  },
  concurrency: {
    flag: '--concurrency',
    valueName: 'N',
    default: '1',
    cgiDefault: '16',
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
  logMask: {
    flag: '--log-mask',
    valueName: 'NAME',
    default: 'none',
    description: 'query parameter whose value is shown as *** in every line',
    isList: true,
    parse: parseMaskedName,
  },
};

function parseNumber(text: string, min: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (number < min) throw unexpected(`a whole number from ${min} to 99999`, text);
  return number;
}

function parsePath(text: string): string {
  if (text === '') throw unexpected('the path of a file', text);
  return text;
}

function parseMaskedName(text: string): string {
  if (text === '') throw unexpected('the name of a query parameter', text);
  return text;
}

function parseChoice<T extends string>(text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found === undefined) throw unexpected(`one of ${choices.join(', ')}`, text);
  return found;
}

/** Returns the option as lists show it: `--cgi PATH`. */
export function flagText({ flag, valueName }: InetdOption<unknown>): string {
  return valueName === undefined ? flag : `${flag} ${valueName}`;
}

/** Returns the default as people read it. */
export function defaultText({ default: text, cgiDefault }: InetdOption<unknown>): string {
  return cgiDefault === undefined ? text : `${text}; for CGI ${cgiDefault}`;
}
