// Options: logs, files and development.

import { unexpected } from '../expectation.ts';
import { formatHostPort, parseHost, parsePort, parseSocketPath } from '../listen-address.ts';
import { formatMount, parseMount } from '../mount-and-hosts.ts';
import type { OptionRows } from '../option-row.ts';
import { choice, duration, list, orOff, scalar, text, toggle, wholeNumber } from '../value-type.ts';

export interface OperationConfig {
  /** Where the development gateway takes HTTP; `undefined`: no gateway. */
  readonly http: HttpAddress | undefined;
  /** Whether workers are replaced when a file of the handler's changes. */
  readonly watch: boolean;
  /** File that holds the master's process id; a relative one belongs to the working directory. */
  readonly pidFile: string | undefined;
  /** Unix socket that takes commands for the server, at most 107 bytes; a relative one belongs to the working directory. */
  readonly control: string | undefined;
  /** Where the status page is; `undefined`: nowhere. */
  readonly status: HttpAddress | undefined;
  /** Under which path workers show the same page: decoded, latin-1; `undefined`: under none. */
  readonly statusPath: string | undefined;
  /** Descriptor on which a line is written when the first worker is ready. */
  readonly notifyFd: number | undefined;
  /** Least severe events that are logged. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** `auto` is text, coloured on a terminal. */
  readonly logFormat: 'auto' | 'text' | 'json';
  /** File that the log is added to; a relative one belongs to the working directory; `undefined`: standard error. */
  readonly logFile: string | undefined;
  /** Query parameters whose values are not written anywhere. */
  readonly logMask: readonly string[];
  /** Age at which a running request is logged, with the stack of where it is, milliseconds; `undefined`: never. */
  readonly slowLog: number | undefined;
  /** Requests that get a line of their own. */
  readonly accessLog: 'off' | 'errors' | 'all';
  /** Whether the time stamp that the web server puts on a request is believed, to tell how long it has waited. */
  readonly requestStart: boolean;
  /** `text`: as other lines of the log. */
  readonly accessLogFormat: 'text' | 'json' | 'combined';
  /** File that these lines are added to; `undefined`: where the log goes. */
  readonly accessLogFile: string | undefined;
}

/** Where a server takes HTTP. */
export interface HttpAddress {
  /** Host name or IP address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const MAX_FD = 65_535;
const MIN_SLOW_LOG_MS = 10;
const HTTP_HOST = '127.0.0.1';

export const OPERATION: OptionRows<OperationConfig> = {
  http: {
    valueName: '[HOST:]PORT',
    type: orOff(scalar(parseHttpAddress, formatHostPort)),
    default: 'off',
    onReload: 'stays',
    description: 'development: take HTTP there, so that a browser works without a web server',
  },
  watch: {
    type: toggle(),
    default: 'off',
    onReload: 'stays',
    description:
      'development: replace workers when the handler, or a file that it imports, changes',
  },
  pidFile: {
    valueName: 'PATH',
    type: orOff(text('the path of a file')),
    default: 'off',
    onReload: 'stays',
    description: "file that holds the master's process id",
  },
  control: {
    valueName: 'PATH',
    type: orOff(scalar(parseSocketPath)),
    default: 'off',
    onReload: 'stays',
    description: 'Unix socket, mode 0600, through which the server is asked and commanded',
  },
  status: {
    valueName: '[HOST:]PORT',
    type: orOff(scalar(parseHttpAddress, formatHostPort)),
    default: 'off',
    onReload: 'stays',
    description: 'where browsers on this machine find the status page',
  },
  statusPath: {
    valueName: 'PATH',
    type: orOff(scalar(parseStatusPath, formatMount)),
    default: 'off',
    onReload: 'stays',
    description: 'path of the status page behind the web server, which must keep strangers from it',
  },
  notifyFd: {
    valueName: 'N',
    type: orOff(wholeNumber(3, MAX_FD)),
    default: 'off',
    onReload: 'stays',
    description:
      'inherited descriptor that gets a line, and is closed, when the first worker is ready',
  },
  logLevel: {
    valueName: 'debug|info|warn|error',
    type: choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    onReload: 'changes',
    description: 'least severe events to log',
  },
  logFormat: {
    valueName: 'auto|text|json',
    type: choice('auto', 'text', 'json'),
    default: 'auto',
    onReload: 'changes',
    description: 'form of the log; auto: text, coloured on a terminal',
  },
  slowLog: {
    valueName: 'TIME',
    type: orOff(duration(MIN_SLOW_LOG_MS)),
    default: 'off',
    onReload: 'changes',
    description: 'log requests that run for longer, and where they are: function, file, line',
  },
  logFile: {
    valueName: 'PATH',
    type: orOff(text('the path of a file')),
    defaultText: 'standard error',
    onReload: 'stays',
    description: 'file that the log is added to; USR1 opens it anew',
  },
  logMask: {
    valueName: 'NAME',
    type: list(text('the name of a query parameter')),
    defaultText: 'none',
    onReload: 'changes',
    description: 'query parameter whose value is shown as *** in every line',
  },
  accessLog: {
    valueName: 'off|errors|all',
    type: choice('off', 'errors', 'all'),
    default: 'errors',
    onReload: 'changes',
    description: 'requests to log: those that failed, or all',
  },
  accessLogFormat: {
    valueName: 'text|json|combined',
    type: choice('text', 'json', 'combined'),
    default: 'text',
    onReload: 'changes',
    description: "form of these lines: the log's text, JSON, or Apache's combined",
  },
  accessLogFile: {
    valueName: 'PATH',
    type: orOff(text('the path of a file')),
    defaultText: 'the log',
    onReload: 'stays',
    description: 'file that these lines are added to; USR1 opens it anew',
  },
  requestStart: {
    type: toggle(),
    default: 'off',
    onReload: 'changes',
    description:
      'believe X-Request-Start of the web server: metrics tell how long requests have waited',
  },
};

function parseStatusPath(given: string): string {
  const path = parseMount(given);
  if (path === '') throw unexpected('a path that is not the root, such as /server-status', given);
  return path;
}

function parseHttpAddress(given: string): HttpAddress {
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(given) ?? [];
  if (port === undefined || host === '' || /^[^[].*:/.test(host ?? '')) {
    throw unexpected('[HOST:]PORT, such as 8080 or [::1]:8080', given);
  }
  return { host: parseHost(host ?? HTTP_HOST), port: parsePort(port) };
}
