// Options: logs, files and development.

import { unexpected } from '../expectation.ts';
import { formatHostPort, parseHost, parsePort } from '../listen-address.ts';
import type { OptionRows } from '../option-row.ts';
import { choice, duration, orOff, scalar, text, toggle, wholeNumber } from '../value-type.ts';

export interface OperationConfig {
  /** Where the development gateway takes HTTP; `undefined`: no gateway. */
  readonly http: HttpAddress | undefined;
  /** Whether workers are replaced when a file of the handler's changes. */
  readonly watch: boolean;
  /** File that holds the master's process id; a relative one belongs to the working directory. */
  readonly pidFile: string | undefined;
  /** Descriptor on which a line is written when the first worker is ready. */
  readonly notifyFd: number | undefined;
  /** Least severe events that are logged. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** `auto` is text, coloured on a terminal. */
  readonly logFormat: 'auto' | 'text' | 'json';
  /** Age at which a running request is logged, with the stack of where it is, milliseconds; `undefined`: never. */
  readonly slowLog: number | undefined;
  /** Requests that get a line of their own. */
  readonly accessLog: 'off' | 'errors' | 'all';
}

/** Where a server takes HTTP. */
interface HttpAddress {
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
    description: 'development: take HTTP there, so that a browser works without a web server',
  },
  watch: {
    type: toggle(),
    default: 'off',
    description:
      'development: replace workers when the handler, or a file that it imports, changes',
  },
  pidFile: {
    valueName: 'PATH',
    type: orOff(text('the path of a file')),
    default: 'off',
    description: "file that holds the master's process id",
  },
  notifyFd: {
    valueName: 'N',
    type: orOff(wholeNumber(3, MAX_FD)),
    default: 'off',
    description:
      'inherited descriptor that gets a line, and is closed, when the first worker is ready',
  },
  logLevel: {
    valueName: 'debug|info|warn|error',
    type: choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    description: 'least severe events to log',
  },
  logFormat: {
    valueName: 'auto|text|json',
    type: choice('auto', 'text', 'json'),
    default: 'auto',
    description: 'form of the log; auto: text, coloured on a terminal',
  },
  slowLog: {
    valueName: 'TIME',
    type: orOff(duration(MIN_SLOW_LOG_MS)),
    default: 'off',
    description: 'log requests that run for longer, and where they are: function, file, line',
  },
  accessLog: {
    valueName: 'off|errors|all',
    type: choice('off', 'errors', 'all'),
    default: 'errors',
    description: 'requests to log: those that failed, or all',
  },
};

function parseHttpAddress(given: string): HttpAddress {
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(given) ?? [];
  if (port === undefined || host === '' || /^[^[].*:/.test(host ?? '')) {
    throw unexpected('[HOST:]PORT, such as 8080 or [::1]:8080', given);
  }
  return { host: parseHost(host ?? HTTP_HOST), port: parsePort(port) };
}
