// Options: what is logged, and where.

import type { OptionRows } from '../option-row.ts';
import { choice, duration, list, orOff, text } from '../value-type.ts';

export interface LogsConfig {
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
  /** `text`: as other lines of the log. */
  readonly accessLogFormat: 'text' | 'json' | 'combined';
  /** File that these lines are added to; `undefined`: where the log goes. */
  readonly accessLogFile: string | undefined;
}

const MIN_SLOW_LOG_MS = 10;

export const LOGS: OptionRows<LogsConfig> = {
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
  slowLog: {
    valueName: 'TIME',
    type: orOff(duration(MIN_SLOW_LOG_MS)),
    default: 'off',
    onReload: 'changes',
    description: 'log requests that run for longer, and where they are: function, file, line',
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
};
